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

    /// Reads all of a journal.
    ///
    /// - Parameters:
    ///   - now: Both clocks of this machine now.
    ///   - points: The table that the inspection gives its ids from.
    /// - Throws: The system's refusal to read.
    init(
        of path: String, span: Double, in inspection: inout JournalInspection, now: ClockAnchor,
        points: PointTable
    ) throws {
        (self.path, self.now, self.points) = (path, now, points)
        pieces = HistoryPieces(span: span)
        for priority in Priority.allCases {
            try inspection.visit(priority) { note($0) }
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
        // In the boot that this is, no wall clock is needed.
        let isHere = anchor.boot == now.boot
        let age = isHere ? now.instant - instant : now.wall - anchor.wallTime(at: instant)
        if !isHere && anchor.quality == .unsynchronized { untimed += 1 }
        pieces.note(
            readings.value(at: index).flatMap { ControlValue($0).number },
            isGood: readings.qualities[index] == .good,
            secondsAgo: age.seconds)
    }
}
