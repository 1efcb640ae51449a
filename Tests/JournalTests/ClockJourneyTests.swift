import Journal
import Telemetry
import Testing

/// What a platform sees of a cabinet whose clock does what clocks do.
@Suite struct ClockJourneyTests {
    private let year = Duration.seconds(365 * 86_400)

    /// A journal with clocks that go their own ways, and the time that it really is.
    private final class Cabinet {
        private let fixture = Fixture()
        private(set) var journal: ReadingJournal?
        private(set) var truth: [WallTime] = []
        private var time = WallTime.earliestCredible + .seconds(20_000_000)
        var clocks = SimulatedClocks(
            wall: WallTime(nanosecondsSince1970: 0), quality: .unsynchronized)

        /// Starts anew after a kill. What was in memory alone is lost.
        func start() throws {
            if let journal {
                truth.removeLast(truth.count - Int(journal.statistics.readingsOnDisk))
            }
            journal = nil
            fixture.points = PointTable()
            journal = try ReadingJournal(
                directory: fixture.directory, points: fixture.points,
                options: fixture.options, anchor: clocks.anchor)
        }

        /// Starts anew in another boot, some time later; its clock begins in 1970.
        func reboot(after pause: Duration) throws {
            time = time + pause
            clocks = SimulatedClocks(
                boot: BootID(high: 2, low: clocks.boot.low + 1),
                wall: WallTime(nanosecondsSince1970: 0), quality: .unsynchronized)
            try start()
        }

        /// One reading a second, whose value is its number.
        func run(seconds: Int) {
            for _ in 0..<seconds {
                clocks.advance(by: .seconds(1))
                time = time + .seconds(1)
                fixture.now = clocks.instant
                journal?.append(fixture.readings(1, from: truth.count), now: clocks.instant)
                truth.append(time)
                journal?.commitIfDue(anchor: clocks.anchor)
            }
        }

        /// A time source puts the clock right, or nearly.
        func sync(off: Duration = .zero) {
            clocks.wall = time + off
            clocks.quality = .synchronized
        }

        /// A reading as a platform gets it.
        struct Delivered: Equatable {
            var value: Int64
            var wall: WallTime
            var quality: ClockQuality
        }

        /// Everything that the journal gives out, in its order, with the times that it gives it.
        func drain() -> [Delivered] {
            var all: [Delivered] = []
            var position = journal?.start(of: .normal) ?? .start
            while let batch = journal?.nextBatch(
                of: .normal, after: position, maximumReadings: 7)
            {
                position = batch.end
                all += delivered(batch)
            }
            return all
        }

        /// What a look at the directory shows, as at a dead cabinet's card.
        func inspect() throws -> [Delivered] {
            var all: [Delivered] = []
            var inspection = try JournalInspection(
                directory: fixture.directory, points: PointTable())
            try inspection.visit(.normal) { item in
                if case .batch(let batch, _) = item { all += delivered(batch) }
            }
            return all
        }

        private func delivered(_ batch: OutboundBatch) -> [Delivered] {
            guard case .readings(let readings) = batch.content else { return [] }
            return (0..<readings.count).compactMap { index in
                guard case .int64(let value)? = readings[index].value else { return nil }
                return Delivered(
                    value: value, wall: batch.anchor.wallTime(at: readings[index].instant),
                    quality: batch.anchor.quality)
            }
        }
    }

    /// Every reading is there, in order, synchronized, and at most a second off its true time.
    private func expectRight(
        _ cabinet: Cabinet, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let got = cabinet.drain()
        #expect(
            got.map(\.value) == Array(0..<Int64(cabinet.truth.count)),
            sourceLocation: sourceLocation)
        let errors = zip(got, cabinet.truth).map { $0.wall - $1 }
        let worst = errors.map { $0 < .zero ? .zero - $0 : $0 }.max() ?? .zero
        #expect(worst <= .seconds(1), sourceLocation: sourceLocation)
        #expect(got.allSatisfy { $0.quality == .synchronized }, sourceLocation: sourceLocation)
    }

    @Test func aBootFrom1970IsRightToASecond() throws {
        let cabinet = Cabinet()
        try cabinet.start()
        cabinet.run(seconds: 95)
        cabinet.sync(off: .milliseconds(-400))
        cabinet.run(seconds: 95)
        expectRight(cabinet)
        cabinet.sync()
        cabinet.run(seconds: 95)
        expectRight(cabinet)
        try cabinet.start()
        cabinet.run(seconds: 25)
        expectRight(cabinet)
        try cabinet.reboot(after: .seconds(5000))
        expectRight(cabinet)
        #expect(cabinet.truth.count > 280)
    }

    @Test(arguments: [[10, -20, 10], [-10, 20, -10], [-10, -10, 10, 10]])
    func stepsOfTenYearsNeverReorder(steps: [Int]) throws {
        let cabinet = Cabinet()
        cabinet.sync()
        try cabinet.start()
        cabinet.run(seconds: 25)
        for step in steps {
            cabinet.clocks.wall = cabinet.clocks.wall + year * step
            cabinet.run(seconds: 25)
        }
        #expect(cabinet.drain().map(\.value) == Array(0..<Int64(cabinet.truth.count)))
        try cabinet.reboot(after: .seconds(60))
        #expect(try cabinet.inspect() == cabinet.drain())
        cabinet.run(seconds: 25)
        #expect(cabinet.drain().map(\.value) == Array(0..<Int64(cabinet.truth.count)))
        #expect(cabinet.truth.count > 100)
    }

    @Test func aBootThatNeverSyncedLiesBetweenItsNeighboursAndSaysSo() throws {
        let cabinet = Cabinet()
        cabinet.sync()
        try cabinet.start()
        cabinet.run(seconds: 35)
        try cabinet.reboot(after: .seconds(86_400))
        let first = cabinet.truth.count
        cabinet.run(seconds: 35)
        try cabinet.reboot(after: .seconds(86_400))
        let second = cabinet.truth.count
        cabinet.sync()
        cabinet.run(seconds: 35)
        let got = cabinet.drain()
        #expect(got.count == cabinet.truth.count)
        for (index, reading) in got.enumerated() {
            let isEstimated = (first..<second).contains(index)
            #expect(reading.quality == (isEstimated ? .estimated : .synchronized))
        }
        #expect(zip(got, got.dropFirst()).allSatisfy { $0.wall < $1.wall })
    }
}
