import Gateway
import Journal
import Telemetry

/// What a journal's files say of one point. A journal has what was not delivered within its
/// commit deadline, and of that what has not yet made room: no more.
struct JournalHistory {
    private(set) var pieces: HistoryPieces
    /// The symbol of the point's unit in its last reading; nil if it has none.
    private(set) var unit: String?
    /// Places that are damaged.
    private(set) var damaged = 0
    /// Readings of another boot whose clock nobody had set: they may stand in a wrong place.
    private(set) var untimed = 0

    private let path: String
    private let now: ClockAnchor
    private let points: PointTable

    /// How much older than its last reading the clocks in a frame's head may be, at most: they were
    /// looked at within the longest commit deadline, an hour.
    private static let slack = Duration.seconds(2 * 3600)

    /// Reads a journal, as far as it may have something of this time.
    ///
    /// - Parameters:
    ///   - now: Both clocks of this machine now.
    ///   - points: The table that the inspection gives its ids from.
    ///   - progress: Told which part is done.
    /// - Throws: The system's refusal to read.
    init(
        of path: String, span: Double, in inspection: inout JournalInspection, now: ClockAnchor,
        points: PointTable, progress: (Double) -> Void
    ) throws {
        (self.path, self.now, self.points) = (path, now, points)
        pieces = HistoryPieces(span: span)
        let (all, longest) = (Double(max(inspection.bytes, 1)), .seconds(span) + Self.slack)
        var done = 0
        for priority in Priority.allCases {
            try inspection.visit(
                priority, where: { now.age(of: $0.instant, $0) <= longest },
                progress: { bytes in
                    done += bytes
                    progress(Double(done) / all)
                }
            ) { note($0) }
        }
    }

    private mutating func note(_ item: JournalInspection.Item) {
        switch item {
        case .damage: damaged += 1
        case .batch(let batch, _):
            guard case .readings(let readings) = batch.content else { return }
            for index in 0..<readings.count { note(readings, index, batch.anchor) }
        }
    }

    private mutating func note(_ readings: ReadingBatch, _ index: Int, _ anchor: ClockAnchor) {
        guard let point = points[readings.points[index]], point.path == path else { return }
        unit = point.unit.symbol
        let instant = readings.instants[index]
        if anchor.boot != now.boot && anchor.quality == .unsynchronized { untimed += 1 }
        pieces.note(
            readings.value(at: index).flatMap { ControlValue($0).number },
            isGood: readings.qualities[index] == .good,
            secondsAgo: now.age(of: instant, anchor).seconds)
    }
}

extension ClockAnchor {
    /// How long ago an instant was that another anchor dates. In the boot that this is, no wall
    /// clock is needed.
    fileprivate func age(of other: Instant, _ anchor: ClockAnchor) -> Duration {
        anchor.boot == boot ? instant - other : wall - anchor.wallTime(at: other)
    }
}
