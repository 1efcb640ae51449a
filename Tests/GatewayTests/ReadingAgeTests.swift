import Telemetry
import Testing

@testable import Gateway

/// How old what waits is, told on the present boot's clock.
@Suite struct ReadingAgeTests {
    private let wall = WallTime.earliestCredible
    private let taken = Instant(nanoseconds: 500_000_000_000)

    private func anchor(_ boot: UInt64, _ wall: WallTime, _ quality: ClockQuality) -> ClockAnchor {
        ClockAnchor(
            boot: BootID(high: 0, low: boot), instant: Instant(nanoseconds: 600_000_000_000),
            wall: wall, quality: quality)
    }

    @Test(arguments: ClockQuality.allCases)
    func aReadingOfThisBootNeedsNoWallClock(quality: ClockQuality) {
        // In 1970 still, while what is known of the boot says better.
        let now = anchor(1, WallTime(nanosecondsSince1970: 0), .unsynchronized)
        let known = anchor(1, wall, quality)
        #expect(Forwarder.instant(of: taken, by: known, now: now) == taken)
    }

    @Test func aReadingOfAnotherBootIsAsOldAsTheWallClocksSay() {
        let now = anchor(2, wall + .seconds(3600), .synchronized)
        for quality in [ClockQuality.synchronized, .estimated] {
            let instant = Forwarder.instant(of: taken, by: anchor(1, wall, quality), now: now)
            #expect(instant == now.instant - .seconds(3700))
        }
    }

    @Test func withoutASyncNobodyKnowsTheAgeOfAnotherBootsReading() {
        let now = anchor(2, wall, .synchronized)
        let lost = anchor(2, WallTime(nanosecondsSince1970: 0), .unsynchronized)
        #expect(Forwarder.instant(of: taken, by: anchor(1, wall, .unsynchronized), now: now) == nil)
        #expect(Forwarder.instant(of: taken, by: anchor(1, wall, .synchronized), now: lost) == nil)
    }
}
