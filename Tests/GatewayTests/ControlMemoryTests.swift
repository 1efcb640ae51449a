import Telemetry
import TestSupport
import Testing

@testable import Gateway

/// What the gateway remembers for the control socket: the log's last lines, the last hour.
@Suite struct ControlMemoryTests {
    private let clock = ManualClock()

    private func board(_ log: RecentLog) -> LiveBoard {
        LiveBoard(
            board: StatusBoard(clock: clock, forwarding: ForwardingMeter(), version: "1"),
            latest: PointMemory(), clock: clock, log: log)
    }

    private func request(lines: Int, follow: Bool) -> ControlRequest {
        var request = ControlRequest(.log)
        (request.lines, request.follow) = (lines, follow)
        return request
    }

    // MARK: The log

    /// Who follows and is slow is told how many lines were gone.
    @Test func whatAFollowerMissesIsCounted() throws {
        let log = RecentLog(clock: clock)
        for number in 0..<20 { log.note(level: "info", text: "\(number)") }
        let feed = try #require(board(log).feed(for: request(lines: 5, follow: true)))
        let first = try #require(feed.next())
        #expect(first.log?.map(\.number) == [15, 16, 17, 18, 19])
        #expect(first.missed == 0)
        #expect(feed.next() == nil)
        for number in 0..<RecentLog.lineLimit + 7 { log.note(level: "info", text: "\(number)") }
        let second = try #require(feed.next())
        #expect(second.log?.count == RecentLog.lineLimit)
        #expect(second.missed == 7)
        #expect(second.log?.last?.number == UInt64(20 + RecentLog.lineLimit + 6))
    }

    @Test func withoutFollowThereIsOneAnswer() {
        let log = RecentLog(clock: clock)
        log.note(level: "info", text: "a", fields: ["device": "meter"])
        clock.advance(by: .seconds(5))
        log.note(level: "error", text: "b")
        let board = board(log)
        #expect(board.feed(for: request(lines: 5, follow: false)) == nil)
        #expect(
            board.log(request(lines: 5, follow: false)).log == [
                LogLine(
                    number: 0, ageSeconds: 5, level: "info", text: "a",
                    fields: ["device": "meter"]),
                LogLine(number: 1, ageSeconds: 0, level: "error", text: "b"),
            ])
        for (lines, count) in [(1, 1), (0, 0), (-3, 0), (.max, 2), (.min, 0)] {
            #expect(board.log(request(lines: lines, follow: false)).log?.count == count)
        }
    }

    /// Long lines, and long fields of short ones, push others out before there are a thousand.
    @Test func theLogIsBoundedInBytes() {
        let log = RecentLog(clock: clock)
        let long = String(repeating: "x", count: 100_000)
        for _ in 0..<RecentLog.lineLimit {
            log.note(level: "info", text: long, fields: ["device": long])
        }
        let bytes = log.lines(from: 0).reduce(0) {
            $0 + $1.text.utf8.count + ($1.fields?["device"]?.utf8.count ?? 0)
        }
        #expect(bytes <= RecentLog.byteLimit && bytes > RecentLog.byteLimit / 2)
    }

    // MARK: The last hour

    private func instant(_ seconds: Double) -> Instant {
        Instant(nanoseconds: Int64(seconds * 1e9))
    }

    @Test func anHourIsRememberedAndNoMore() throws {
        var values = RecentValues()
        for second in stride(from: 0.0, to: 7200, by: 10) {
            values.note(0, Float(second), isGood: true, at: instant(second))
        }
        let hour = try #require(values.history(of: 0, seconds: 1e9, now: instant(7199)))
        #expect(hour.count == 120)
        #expect(hour.allSatisfy { $0.good == 3 && $0.bad == 0 })
        #expect(hour.first?.minimum == 3600 && hour.last?.last == 7190)
        #expect(hour.last?.endedSecondsAgo == 0)
        #expect(values.history(of: 0, seconds: 60, now: instant(7199))?.count == 2)
        // An hour later nothing is left of it.
        let later = try #require(values.history(of: 0, seconds: 3600, now: instant(10_800)))
        #expect(later.allSatisfy { $0.good == 0 && $0.last == nil })
    }

    /// What comes late is where it belongs; what is too late is left out.
    @Test func lateReadingsAreWhereTheyBelong() throws {
        var values = RecentValues()
        for second in [0.0, 30, 90] { values.note(0, 1, isGood: true, at: instant(second)) }
        values.note(0, 5, isGood: true, at: instant(31))
        values.note(0, nil, isGood: false, at: instant(65))
        values.note(0, .infinity, isGood: true, at: instant(91))
        let buckets = try #require(values.history(of: 0, seconds: 120, now: instant(100)))
        #expect(buckets.map(\.good) == [1, 2, 0, 2])
        #expect(buckets.map(\.bad) == [0, 0, 1, 0])
        #expect(buckets.map(\.last) == [1, 5, nil, 1])
        values.note(0, 9, isGood: true, at: instant(10_000))
        values.note(0, 9, isGood: true, at: instant(1))
        let late = try #require(values.history(of: 0, seconds: 3600, now: instant(10_000)))
        #expect(late.reduce(0) { $0 + $1.good } == 1)
    }

    @Test func pointsBeyondTheLimitAreNotRemembered() {
        var values = RecentValues()
        for point in 0...RecentValues.pointLimit {
            values.note(point, 1, isGood: true, at: instant(1))
        }
        let last = RecentValues.pointLimit
        #expect(values.history(of: last - 1, seconds: 60, now: instant(1)) != nil)
        #expect(values.history(of: last, seconds: 60, now: instant(1)) == nil)
    }

    // MARK: The last reading

    /// Who missed looks gets all that changed since the last one that it had, once.
    @Test func changesAreKeptForWhoComesLate() {
        let memory = PointMemory()
        let ids = (0..<3).map { PointID(index: $0) }
        func note(_ index: Int, _ value: Int64) {
            var batch = ReadingBatch()
            batch.append(point: ids[index], value: .int64(value), at: clock.now())
            memory.note(batch)
        }
        note(0, 1)
        note(1, 2)
        let first = memory.changes(of: ids, since: 0)
        #expect(first.changes.map(\.index) == [0, 1])
        for value in 3...9 { note(1, Int64(value)) }
        note(2, 10)
        let second = memory.changes(of: ids, since: first.generation)
        #expect(second.changes.map(\.index) == [1, 2])
        #expect(second.changes.map(\.latest.value) == [.int64(9), .int64(10)])
        #expect(memory.changes(of: ids, since: second.generation).changes.isEmpty)
    }
}
