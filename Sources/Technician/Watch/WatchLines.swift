import Console
import Gateway
import Glibc
import Platform
import Telemetry

/// `armadio watch` where there is no terminal: a line for each point whose value or quality is
/// another one.
public final class WatchLines {
    /// A change, as one JSON object.
    struct Change: Encodable, Hashable {
        var time: String
        var point: String
        var value: ControlValue?
        var unit: String
        var quality: String
    }

    /// The signals that it needs a pipe of.
    public static let signals = [SIGINT, SIGTERM, SIGHUP]

    private let connection: WatchConnection
    private let pipe: Int32
    private let asJSON: Bool
    private let clock = SystemClock()
    private var changes: WatchChanges

    /// Lines about the gateway at this socket.
    ///
    /// - Throws: If no gateway answers.
    public init(
        socket: String, every: Double, filters: [String], asJSON: Bool, pipe: Int32
    ) throws(ControlClient.Failure) {
        (self.asJSON, self.pipe) = (asJSON, pipe)
        changes = WatchChanges(filters: filters)
        connection = try WatchConnection(socket: socket, every: every)
    }

    /// Writes lines until a signal ends it.
    public func run() throws {
        while true {
            let now = Double(clock.now().nanoseconds) / 1e9
            let patience = connection.deadline.map { Int32(max($0 - now, 0) * 1000 + 1) } ?? -1
            let ready = wait(for: [pipe, connection.descriptor], milliseconds: patience)
            if ready[0], !receivedSignals(from: pipe).isEmpty { return }
            let (anchor, events) = (clock.anchor(), connection.events(at: now))
            for event in events {
                switch event {
                case .lost(let reason): complain(changes.loss(reason))
                case .frame(let frame):
                    for change in changes.take(frame, at: anchor.wall) { say(try text(change)) }
                }
            }
        }
    }

    private func complain(_ reason: String?) {
        if let reason { Console.complain("\(reason); trying again") }
    }

    private func text(_ change: Change) throws -> String {
        if asJSON { return try jsonLine(change) }
        let parts = [
            change.time, change.point, change.value?.description ?? "", change.unit, change.quality,
        ]
        return parts.map { $0.isEmpty ? "-" : printable($0) }.joined(separator: " ")
    }
}

/// Which points have changed, as frames come in.
struct WatchChanges {
    private struct Last {
        var point: String
        var unit: String
        var value: ControlValue?
        var quality: String?
    }

    private let filters: [String]
    private var points: [Last] = []
    private var lossIsTold = false

    init(filters: [String]) { self.filters = filters }

    /// What to say of a lost connection: once, until there is another.
    mutating func loss(_ reason: String) -> String? {
        defer { lossIsTold = true }
        return lossIsTold ? nil : reason
    }

    /// The points that are not as they were. All that have a reading, in the first frame.
    mutating func take(_ frame: LiveFrame, at wall: WallTime) -> [WatchLines.Change] {
        lossIsTold = false
        guard let reports = frame.points else {
            return frame.changes.compactMap { change in
                note(change.index, change.value, change.quality, change.ageSeconds, wall)
            }
        }
        let old = Dictionary(points.map { ($0.point, $0) }, uniquingKeysWith: { first, _ in first })
        points = reports.map { report in
            let last = old[report.point]
            return Last(
                point: report.point, unit: report.unit, value: last?.value, quality: last?.quality)
        }
        return reports.enumerated().compactMap { index, report in
            guard let quality = report.quality else { return nil }
            return note(index, report.value, quality, report.ageSeconds ?? 0, wall)
        }
    }

    private mutating func note(
        _ index: Int, _ value: ControlValue?, _ quality: String, _ age: Double, _ wall: WallTime
    ) -> WatchLines.Change? {
        guard points.indices.contains(index) else { return nil }
        let last = points[index]
        guard last.value != value || last.quality != quality,
            filters.isEmpty || filters.contains(where: { last.point.contains($0) })
        else { return nil }
        (points[index].value, points[index].quality) = (value, quality)
        // More than milliseconds would be the answer's way.
        let milliseconds =
            wall.nanosecondsSince1970 / 1_000_000 - Int64(min(max(age, 0), 1e9) * 1000)
        let time = WallTime(nanosecondsSince1970: milliseconds * 1_000_000)
        return WatchLines.Change(
            time: time.description, point: last.point, value: value, unit: last.unit,
            quality: quality)
    }
}
