import Console
import Gateway

/// What is known of a gateway at one time. Times are seconds of the boot clock.
struct WatchPicture: Sendable {
    /// A point with its last reading.
    struct Row: Sendable {
        var point: String
        /// As the point, with numbers that sort by their value.
        var sortKey: String
        var unit: String
        var value: ControlValue?
        /// nil if there was no reading yet.
        var quality: String?
        /// When it was read.
        var readAt: Double?
        var trail: WatchTrail

        var isGood: Bool { quality == "good" }
    }

    /// So many points have a trail, the first ones; 1 MB in all.
    static let trailLimit = 4096
    /// Rates are those of about so many seconds.
    private static let rateSeconds = 5.0

    /// Counts, at a time.
    private struct Counts: Sendable {
        var time: Double
        var readings: UInt64
        var messages: [String: UInt64]
    }

    private(set) var status: StatusReport?
    private(set) var findings: [Finding] = []
    private(set) var rows: [Row] = []
    private(set) var indices: [String: Int] = [:]
    /// The columns of the longest name.
    private(set) var nameWidth = 0
    /// When that was so.
    private(set) var time = 0.0
    /// The oldest first; no more than looks in `rateSeconds`, and one.
    private var counts: [Counts] = []

    /// Takes a look at the gateway in.
    ///
    /// - Returns: Whether the points are others than before.
    mutating func take(_ frame: LiveFrame, at now: Double) -> Bool {
        time = now
        status = frame.status
        findings = StatusProblems(frame.status).findings
        count(frame.status, now)
        if let points = frame.points {
            replace(points, now)
            return true
        }
        for change in frame.changes where rows.indices.contains(change.index) {
            rows[change.index].take(
                change.value, change.quality, readAt: now - change.ageSeconds)
        }
        return false
    }

    /// Lets time pass.
    mutating func pass(to now: Double) { time = now }

    /// Puts the past of a point behind what is known of it.
    mutating func take(_ history: HistoryReport, at now: Double) {
        guard let index = indices[history.point] else { return }
        rows[index].trail.fill(history, at: now)
    }

    private mutating func replace(_ points: [PointReport], _ now: Double) {
        let old = rows
        rows = points.enumerated().map { index, point in
            var row = Row(
                point: point.point, sortKey: Self.sortKey(point.point), unit: point.unit,
                trail: WatchTrail(isKept: index < Self.trailLimit))
            if let before = indices[point.point] { row.trail = old[before].trail }
            if let quality = point.quality, let age = point.ageSeconds {
                row.take(point.value, quality, readAt: now - age)
            }
            return row
        }
        nameWidth = rows.map { displayWidth($0.point) }.max() ?? 0
        indices = Dictionary(
            rows.enumerated().map { ($1.point, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// `meter-2` before `meter-10`.
    private static func sortKey(_ point: String) -> String {
        var (key, digits) = ("", "")
        for character in point + "\0" {
            if character.isASCII, character.isNumber {
                digits.append(character)
                continue
            }
            if !digits.isEmpty {
                key += String(repeating: "0", count: max(0, 12 - digits.count)) + digits
                digits = ""
            }
            key.append(character)
        }
        return key
    }

    // MARK: Rates

    private mutating func count(_ status: StatusReport, _ now: Double) {
        let messages = status.uplinks.map { ($0.name, $0.acknowledged) }
        // A gateway that was started anew counts from 0.
        if let last = counts.last, last.readings > status.journal.readings { counts = [] }
        counts.append(
            Counts(
                time: now, readings: status.journal.readings,
                messages: Dictionary(messages, uniquingKeysWith: { first, _ in first })))
        while counts.count > 2, now - counts[1].time >= Self.rateSeconds { counts.removeFirst() }
    }

    /// Readings a second; nil before the second look.
    var readingsPerSecond: Double? { rate { $0.readings } }

    /// Messages a second that an uplink's broker has acknowledged.
    func messagesPerSecond(_ uplink: String) -> Double? { rate { $0.messages[uplink] ?? 0 } }

    private func rate(_ count: (Counts) -> UInt64) -> Double? {
        guard let first = counts.first, let last = counts.last, last.time > first.time,
            count(last) >= count(first)
        else { return nil }
        return Double(count(last) - count(first)) / (last.time - first.time)
    }
}

extension WatchPicture.Row {
    mutating func take(_ value: ControlValue?, _ quality: String, readAt: Double) {
        (self.value, self.quality, self.readAt) = (value, quality, readAt)
        if isGood, let number = value?.number { trail.note(number, at: readAt) }
    }
}

extension ControlValue {
    /// As plots show it: a state is 0 or 1; nil for a text.
    var number: Double? {
        switch value {
        case .bool(let value): value ? 1 : 0
        case .int64(let value): Double(value)
        case .uint64(let value): Double(value)
        case .double(let value): value
        case .string: nil
        }
    }
}
