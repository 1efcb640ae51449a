import Telemetry
import TestSupport
import Testing

@testable import Journal

@Suite struct ClockHistoryTests {
    private let zero = WallTime(nanosecondsSince1970: 0)
    private let base = WallTime.earliestCredible + .seconds(10_000_000)

    private func boot(_ number: Int) -> BootID { BootID(high: 7, low: UInt64(number)) }

    /// What the clocks of a boot showed `seconds` after its start.
    private func anchor(
        _ number: Int, at seconds: Int, _ wall: WallTime, _ quality: ClockQuality = .synchronized
    ) -> ClockAnchor {
        ClockAnchor(
            boot: boot(number), instant: .zero + .seconds(seconds), wall: wall, quality: quality)
    }

    /// The time that a history gives to an instant of a boot whose frame brought nothing better.
    private func time(
        _ history: ClockHistory, _ number: Int, at seconds: Int
    ) -> (WallTime, ClockQuality) {
        let own = anchor(number, at: seconds, zero + .seconds(seconds), .unsynchronized)
        let best = history.anchor(for: boot(number), own: own, at: .zero + .seconds(seconds))
        #expect(best.boot == own.boot && best.instant == own.instant)
        return (best.wall, best.quality)
    }

    // MARK: A boot that syncs

    @Test func aBootFrom1970GetsItsTimeFromTheSync() {
        var history = ClockHistory(anchor(1, at: 5, zero + .seconds(5), .unsynchronized), epoch: 1)
        for second in 6..<60 {
            history.advance(
                to: anchor(1, at: second, zero + .seconds(second), .unsynchronized))
            #expect(time(history, 1, at: second) == (zero + .seconds(second), .unsynchronized))
        }
        history.advance(to: anchor(1, at: 60, base + .seconds(60)))
        for second in 0..<120 {
            #expect(time(history, 1, at: second) == (base + .seconds(second), .synchronized))
        }
    }

    @Test func whatAClockShowsWithoutASourceIsNeverMixedIn() {
        var history = ClockHistory(anchor(1, at: 0, base), epoch: 1)
        // The source is gone, and somebody sets the clock by hand.
        for second in 1..<100 {
            history.advance(to: anchor(1, at: second, zero + .seconds(second), .unsynchronized))
        }
        #expect(history.latest.quality == .unsynchronized)
        #expect(history.observed == anchor(1, at: 99, base + .seconds(99)))
        #expect(time(history, 1, at: 50) == (base + .seconds(50), .synchronized))
    }

    @Test func anEstimateIsNoObservation() {
        var history = ClockHistory(anchor(2, at: 0, base), epoch: 2)
        history.note(anchor(1, at: 0, zero, .estimated), epoch: 1)
        #expect(history.boots.map(\.boot) == [boot(2)])
        history.note(anchor(1, at: 0, base, .unsynchronized), epoch: 1)
        history.note(anchor(1, at: 9, zero, .estimated), epoch: 1)
        #expect(history.anchors.count == 2)
    }

    // MARK: Boots that never sync

    /// (what the clock of boot 2 showed at its start, when it started by the estimate); both in
    /// seconds. Boot 1 ended at 1,000, boot 2 lasted 100, boot 3 began at 2,000.
    @Test(arguments: [
        (-1, 1000), (1000, 1000), (1234, 1234), (1900, 1900), (1901, 1900), (900_000_000, 1900),
    ]) func aBootBetweenTwoOthersIsBoundedByThem(shown: Int, start: Int) {
        var history = ClockHistory(anchor(3, at: 50, base + .seconds(2050)), epoch: 5)
        history.note(anchor(1, at: 1000, base + .seconds(1000)), epoch: 1)
        history.note(
            anchor(2, at: 100, base + .seconds(shown + 100), .unsynchronized), epoch: 3)
        for second in 0...100 {
            #expect(time(history, 2, at: second) == (base + .seconds(start + second), .estimated))
        }
    }

    @Test func aClockWithoutABatteryStartsWhereTheBootBeforeEnded() {
        var history = ClockHistory(anchor(4, at: 10, base + .seconds(9000)), epoch: 4)
        history.note(anchor(1, at: 500, base), epoch: 1)
        history.note(anchor(2, at: 60, zero + .seconds(60), .unsynchronized), epoch: 2)
        history.note(anchor(3, at: 70, zero + .seconds(70), .unsynchronized), epoch: 3)
        #expect(time(history, 2, at: 0) == (base, .estimated))
        #expect(time(history, 3, at: 0) == (base + .seconds(60), .estimated))
        #expect(time(history, 3, at: 70) == (base + .seconds(130), .estimated))
    }

    @Test func bootsBeforeTheFirstSyncEndWhereItsBootBegan() {
        var history = ClockHistory(anchor(3, at: 10, base + .seconds(10)), epoch: 3)
        history.note(anchor(1, at: 60, zero + .seconds(60), .unsynchronized), epoch: 1)
        history.note(anchor(2, at: 70, zero + .seconds(70), .unsynchronized), epoch: 2)
        #expect(time(history, 1, at: 60) == (base - .seconds(70), .estimated))
        #expect(time(history, 2, at: 70) == (base, .estimated))
    }

    @Test func thePresentBootIsNotBeforeTheLastOne() {
        var history = ClockHistory(
            anchor(2, at: 10, zero + .seconds(10), .unsynchronized), epoch: 2)
        #expect(time(history, 2, at: 10) == (zero + .seconds(10), .unsynchronized))
        history.note(anchor(1, at: 100, base), epoch: 1)
        #expect(time(history, 2, at: 10) == (base + .seconds(10), .estimated))
        history.advance(to: anchor(2, at: 20, base + .seconds(500)))
        #expect(time(history, 2, at: 10) == (base + .seconds(490), .synchronized))
    }

    @Test func whereNeighboursContradictEachOtherTheLaterIsRight() {
        var history = ClockHistory(anchor(3, at: 0, base), epoch: 3)
        history.note(anchor(1, at: 0, base + .seconds(300_000_000)), epoch: 1)
        history.note(anchor(2, at: 60, base, .unsynchronized), epoch: 2)
        #expect(time(history, 2, at: 60) == (base, .estimated))
    }

    @Test func aBootAloneShowsWhatItsClockShowedLast() {
        var history = ClockHistory(anchor(1, at: 0, zero, .unsynchronized), epoch: 1)
        history.advance(to: anchor(1, at: 9, base + .seconds(9), .unsynchronized))
        #expect(time(history, 1, at: 0) == (base, .unsynchronized))
        // Where the order of boots is not known nobody is a neighbour.
        history.note(anchor(2, at: 60, zero + .seconds(60), .unsynchronized))
        history.advance(to: anchor(1, at: 20, base + .seconds(20)))
        #expect(time(history, 2, at: 60) == (zero + .seconds(60), .unsynchronized))
    }

    @Test func aBootThatIsNotKnownHasWhatItsFrameBrings() {
        let history = ClockHistory(anchor(1, at: 0, base), epoch: 3)
        let own = anchor(9, at: 5, base + .seconds(7), .estimated)
        let best = history.anchor(for: boot(9), own: own, at: .zero + .seconds(6))
        #expect(best == anchor(9, at: 6, base + .seconds(8), .estimated))
    }

    @Test func aSyncThatOnlyTheFrameKnowsBeatsAnEstimate() {
        var history = ClockHistory(anchor(2, at: 0, base), epoch: 2)
        history.note(anchor(1, at: 5, zero, .unsynchronized), epoch: 1)
        let own = anchor(1, at: 9, base - .seconds(77))
        #expect(history.anchor(for: own) == own)
    }

    // MARK: What was stored

    @Test func whatWasStoredIsTakenUpLateToo() {
        var before = ClockHistory(anchor(2, at: 0, base + .seconds(500)), epoch: 2)
        before.note(anchor(1, at: 9, base + .seconds(9)), epoch: 1)
        // Since then only frames were read, and none of them knew of a sync.
        let now = anchor(2, at: 100, zero + .seconds(100), .unsynchronized)
        var history = ClockHistory(now, epoch: 4)
        history.note(anchor(1, at: 20, zero + .seconds(20), .unsynchronized), epoch: 1)
        history.recall(before.boots)
        #expect(history.boots.map(\.boot) == [boot(1), boot(2)])
        #expect(history.boots.map(\.epoch) == [1, 2])
        #expect(history.boots.map(\.end) == [.zero + .seconds(20), .zero + .seconds(100)])
        #expect(time(history, 1, at: 20) == (base + .seconds(20), .synchronized))
        #expect(time(history, 2, at: 100) == (base + .seconds(600), .synchronized))
    }

    @Test func bootsOfAnotherJournalsLifeAreNoNeighbours() {
        let before = ClockHistory(anchor(9, at: 5, base), epoch: 70)
        // The journal began anew, its epochs with it; the file of the clocks was left.
        var history = ClockHistory(
            anchor(1, at: 5, zero + .seconds(5), .unsynchronized), epoch: 2, stored: before.boots)
        history = ClockHistory(anchor(2, at: 5, base), epoch: 4, stored: history.boots)
        #expect(time(history, 1, at: 5) == (base - .seconds(5), .estimated))
        #expect(time(history, 9, at: 5) == (base, .synchronized))
    }

    // MARK: Chains of boots

    /// What really happened: boots one after the other, some with a clock that lies until it
    /// syncs, if it does.
    private struct Life {
        var anchors: [(epoch: UInt32, anchor: ClockAnchor)] = []
        var truth: [(boot: BootID, start: WallTime, length: Int, syncs: Bool)] = []

        init(seed: UInt64, boots: Int) {
            var random = SplitMix(seed: seed)
            var now = WallTime.earliestCredible + .seconds(1_000_000)
            for number in 1...boots {
                let boot = BootID(high: seed, low: UInt64(number))
                let length = Int.random(in: 20...100_000, using: &random)
                let syncs = Int.random(in: 0..<3, using: &random) == 0
                truth.append((boot, now, length, syncs))
                let hasBattery = Bool.random(using: &random)
                let shown = hasBattery ? now : WallTime(nanosecondsSince1970: 0)
                let middle = Int.random(in: 1..<length, using: &random)
                for second in [1, middle, length] {
                    let isSynced = syncs && second >= middle
                    let passed = Duration.seconds(second)
                    let anchor = ClockAnchor(
                        boot: boot, instant: .zero + passed,
                        wall: (isSynced ? now : shown) + passed,
                        quality: isSynced ? .synchronized : .unsynchronized)
                    anchors.append((UInt32(number * 2), anchor))
                }
                now = now + .seconds(length + .random(in: 5...50_000, using: &random))
            }
        }
    }

    @Test(arguments: 1...300)
    func timesAreRightWhereASourceWasAndBoundedElsewhere(seed: UInt64) throws {
        let life = Life(seed: seed, boots: 12)
        var random = SplitMix(seed: seed)
        let last = try #require(life.anchors.last)
        var history = ClockHistory(last.anchor, epoch: last.epoch)
        for (epoch, anchor) in life.anchors.shuffled(using: &random) {
            history.note(anchor, epoch: epoch)
        }
        #expect(history.boots.map(\.boot) == life.truth.map(\.boot))
        var end: WallTime?
        for (index, boot) in life.truth.enumerated() {
            let own = ClockAnchor(
                boot: boot.boot, instant: .zero, wall: zero, quality: .unsynchronized)
            let start = history.anchor(for: boot.boot, own: own, at: .zero)
            let finish = history.anchor(
                for: boot.boot, own: own, at: .zero + .seconds(boot.length))
            if boot.syncs {
                #expect(start.quality == .synchronized && start.wall == boot.start)
            } else if life.truth.contains(where: \.syncs) {
                #expect(start.quality == .estimated)
            }
            guard start.quality != .unsynchronized else { continue }
            // No boot begins before the one before it has ended, and none ends after a sync.
            if let end { #expect(start.wall >= end) }
            end = finish.wall
            if let next = life.truth[index...].dropFirst().first(where: \.syncs) {
                #expect(finish.wall <= next.start)
            }
        }
    }

    // MARK: Bounds

    @Test func aThousandBootsAreBoundedAndTheNewestStay() {
        var history = ClockHistory(anchor(0, at: 0, base), epoch: 2000)
        for number in 1...1000 {
            var clocks = SimulatedClocks(boot: boot(number))
            for _ in 0..<10 {
                history.note(clocks.anchor, epoch: UInt32(number))
                clocks.advance(by: .seconds(60))
                clocks.wall = clocks.wall + .seconds(100)
            }
            #expect(history.anchors.count <= ClockHistory.anchorLimit)
        }
        let newest = (1000 - ClockHistory.bootLimit + 2)...1000
        #expect(history.boots.map(\.boot) == newest.map(boot) + [boot(0)])
        #expect(history.boots.dropLast().allSatisfy { $0.curve.anchors.count >= 3 })
    }

    @Test func theLastSyncIsRememberedHoweverOftenThePowerFails() {
        var history = ClockHistory(anchor(1, at: 100, base), epoch: 1)
        for number in 2...500 {
            let shown = anchor(number, at: 60, zero + .seconds(60), .unsynchronized)
            history = ClockHistory(shown, epoch: UInt32(number), stored: history.boots)
        }
        #expect(history.boots.count == ClockHistory.bootLimit)
        let (wall, quality) = time(history, 500, at: 0)
        // Each of the boots in between that are still known lasted a minute.
        #expect(quality == .estimated && wall == base + .seconds(38 * 60))
    }

    @Test func tenYearsOfHourlyAnchorsTakeTwo() {
        var clocks = SimulatedClocks()
        var history = ClockHistory(clocks.anchor, epoch: 1)
        for _ in 0..<10 * 365 * 24 {
            clocks.advance(by: .seconds(3600))
            history.advance(to: clocks.anchor)
        }
        #expect(history.anchors.count == 2)
    }
}
