import Telemetry
import TestSupport
import Testing

@testable import Uplink

@Suite struct SenMLTimeTests {
    private static let boot = SenMLFixture.boot
    private static let otherBoot = BootID(high: 8, low: 8)

    private func time(
        first: Int64 = 0, wall: Int64, quality: ClockQuality, now: Int64 = 0,
        boot: BootID = boot
    ) -> SenMLTime {
        let anchor = ClockAnchor(
            boot: Self.boot, instant: Instant(nanoseconds: 0),
            wall: WallTime(nanosecondsSince1970: wall), quality: quality)
        return SenMLTime(
            first: Instant(nanoseconds: first), anchor: anchor, now: Instant(nanoseconds: now),
            boot: boot)
    }

    /// RFC 8428 section 4.5.3: from 2**28 s on a time is absolute.
    @Test func absoluteTimesBeginAtTheStandardsBound() {
        let bound: Int64 = (1 << 28) * 1_000_000_000
        let absolute = time(wall: bound, quality: .synchronized)
        #expect(absolute.baseMicroseconds == bound / 1000)
        #expect(absolute.clock == nil)
        let relative = time(wall: bound - 1, quality: .synchronized, now: 5_000_000_000)
        #expect(relative.baseMicroseconds == -5_000_000)
        #expect(relative.clock == "unsynchronized")
    }

    /// A platform must not be told of the future, which SenML would take as such.
    @Test func relativeTimeIsNeverAfterSending() {
        let time = time(first: 9_000, wall: 0, quality: .unsynchronized, now: 5_000)
        #expect(time.baseMicroseconds == 0)
    }

    @Test func earlierBootSaysWhatItsClockShowedIfThatMayBeTrue() {
        let wall: Int64 = 1_700_000_000_000_000_000
        let time = time(wall: wall, quality: .unsynchronized, boot: Self.otherBoot)
        #expect(time.baseMicroseconds == wall / 1000)
        #expect(time.clock == "unsynchronized")
    }

    @Test func earlierBootWithoutATimeHasNoOffsetsEither() {
        let time = time(wall: 0, quality: .unsynchronized, boot: Self.otherBoot)
        #expect(time.baseMicroseconds == nil)
        #expect(time.offsetMicroseconds(of: Instant(nanoseconds: 1_000_000_000)) == 0)
    }

    /// Base and offset add up to the reading's own time rounded down, so that a reading has one
    /// time however its batch is cut.
    @Test func timeDoesNotDependOnWhereTheBatchWasCut() {
        let wall: Int64 = 1_700_000_000_123_456_789
        for first in stride(from: Int64(0), to: 3000, by: 77) {
            for other in stride(from: Int64(-2000), to: 5000, by: 133) {
                let time = time(first: first, wall: wall, quality: .synchronized)
                let sum =
                    (time.baseMicroseconds ?? 0)
                    + time.offsetMicroseconds(of: Instant(nanoseconds: other))
                #expect(sum == (wall + other) / 1000)
            }
        }
    }

    @Test func relativeTimesAreRoundedDownToo() {
        let time = time(first: 1, wall: 0, quality: .unsynchronized, now: 1_000)
        #expect(time.baseMicroseconds == -1)
        #expect(time.offsetMicroseconds(of: Instant(nanoseconds: 1_000)) == 1)
    }

    @Test func instantsAtTheEndsOfTheAxisDoNotTrap() {
        let time = time(first: .min, wall: .max, quality: .synchronized)
        #expect(time.offsetMicroseconds(of: Instant(nanoseconds: .max)) >= 0)
    }
}
