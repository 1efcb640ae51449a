import Gateway
import Journal
import Platform
import Telemetry
import TestSupport
import Testing

@testable import Technician

/// The history of a point out of a journal that another boot has left behind.
@Suite struct PointHistoryTests {
    private let folder: TestFolder
    private let now = SystemClock().anchor()

    init() throws {
        folder = try TestFolder()
    }

    /// Leaves behind a journal with readings of so long ago, a second between them.
    private func leave(_ count: Int, secondsAgo: Double, _ quality: ClockQuality) throws {
        let points = PointTable()
        var options = JournalOptions()
        (options.segmentBytes, options.maximumBytes) = (64 * 1024, 1 << 20)
        let start = Instant(nanoseconds: 1_000_000_000)
        func anchor(_ instant: Instant) -> ClockAnchor {
            ClockAnchor(
                boot: BootID(high: 1, low: 2), instant: instant,
                wall: now.wall + .seconds(-secondsAgo) + (instant - start), quality: quality)
        }
        let journal = try ReadingJournal(
            directory: folder.path, points: points, options: options, anchor: anchor(start))
        let point = try #require(
            points.intern(Point(device: "tank", name: "level", unit: Unit(unchecked: "m"))))
        var batch = ReadingBatch()
        for index in 0..<count {
            batch.append(
                point: point, value: .double(Double(index)), at: start + .seconds(index))
        }
        let end = start + .seconds(count)
        journal.append(batch, now: end)
        journal.commitIfDue(anchor: anchor(end + options.commitDeadline))
    }

    private func history(_ point: String = "tank/level", span: Double) throws -> PointHistory {
        var history = PointHistory(of: point, span: span, gateway: nil)
        var parts: [Double] = []
        try history.read(journal: folder.path) { parts.append($0) }
        #expect(parts == parts.sorted() && (parts.last ?? 0) <= 1 && !parts.isEmpty)
        return history
    }

    @Test func readingsOfAnotherBootAreWhereTheWallClockPutsThem() throws {
        try leave(5, secondsAgo: 5 * 3600 + 100, .synchronized)
        let history = try history(span: 86_400)
        #expect(history.report.unit == "m")
        #expect(history.count == 5)
        // Pieces of six minutes: five hours are fifty.
        let bucket = history.report.buckets[239 - 50]
        #expect(bucket.good == 5 && bucket.last == 4 && bucket.minimum == 0 && bucket.maximum == 4)
        #expect(history.sources.map(\.untimed) == [nil])
        let line = try #require(history.lines.first)
        #expect(line == "journal: 5 readings, 5 h 1 min ago to 5 h 1 min ago")
    }

    @Test func whatIsOlderThanAskedIsLeftOut() throws {
        try leave(5, secondsAgo: 5 * 3600 + 100, .synchronized)
        let history = try history(span: 3600)
        #expect(history.count == 0)
        #expect(history.lines == ["journal: no reading in the last 1 h"])
        #expect(try self.history("tank/none", span: 86_400).count == 0)
    }

    /// Nobody had set the clock in that boot: where its readings stand is a guess, and said to be.
    @Test func anUnsetClockIsSaid() throws {
        try leave(5, secondsAgo: 5 * 3600 + 100, .unsynchronized)
        let history = try history(span: 86_400)
        #expect(history.sources.map(\.untimed) == [5])
        #expect(history.lines[0].hasSuffix("; 5 with an unset clock"))
    }
}
