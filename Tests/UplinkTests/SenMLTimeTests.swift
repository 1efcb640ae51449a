import Telemetry
import Testing

@testable import Uplink

@Suite struct SenMLTimeTests {
    private let present = BootID(high: 1, low: 2)
    private let earlier = BootID(high: 1, low: 1)
    private let now = Instant(nanoseconds: 100_000_000_000)
    /// 90 s after the boot's start: 10 s ago.
    private let taken = Instant(nanoseconds: 90_000_000_000)
    private let wallSeconds: Int64 = 1_767_225_600

    /// The time of a reading whose boot's clock showed `wallSeconds` at its start.
    private func time(
        _ boot: BootID, _ quality: ClockQuality, started wallSeconds: Int64
    ) -> SenMLTime {
        let anchor = ClockAnchor(
            boot: boot, instant: Instant(nanoseconds: 0),
            wall: WallTime(nanosecondsSince1970: wallSeconds * 1_000_000_000), quality: quality)
        return SenMLTime(first: taken, anchor: anchor, now: now, boot: present)
    }

    @Test func aSynchronizedTimeIsAbsoluteAndNeedsNoWord() {
        for boot in [present, earlier] {
            let time = time(boot, .synchronized, started: wallSeconds)
            #expect(time.baseMicroseconds == (wallSeconds + 90) * 1_000_000)
            #expect(time.clock == nil)
        }
    }

    @Test func anEarlierBootsEstimateIsAbsoluteAndSaysSo() {
        let time = time(earlier, .estimated, started: wallSeconds)
        #expect(time.baseMicroseconds == (wallSeconds + 90) * 1_000_000)
        #expect(time.clock == "estimated")
    }

    @Test func anEarlierBootsUnsynchronizedTimeSaysSo() {
        let time = time(earlier, .unsynchronized, started: wallSeconds)
        #expect(time.baseMicroseconds == (wallSeconds + 90) * 1_000_000)
        #expect(time.clock == "unsynchronized")
    }

    /// The moment of sending is known better than any estimate.
    @Test(arguments: [ClockQuality.unsynchronized, .estimated], [0, 1_767_225_600] as [Int64])
    func thePresentBootIsRelativeUntilItSyncs(quality: ClockQuality, started: Int64) {
        let time = time(present, quality, started: started)
        #expect(time.baseMicroseconds == -10_000_000)
        #expect(time.clock == "unsynchronized")
        #expect(time.offsetMicroseconds(of: taken + .milliseconds(1500)) == 1_500_000)
    }

    /// Below 2**28 s a time would be taken as relative (RFC 8428 section 4.5.3).
    @Test(arguments: ClockQuality.allCases)
    func noTimeBeforeJuly1978IsEverSent(quality: ClockQuality) {
        let border: Int64 = 1 << 28
        let old = time(earlier, quality, started: border - 91)
        #expect(old.baseMicroseconds == nil && old.clock == "unsynchronized")
        #expect(old.offsetMicroseconds(of: now) == 0)
        let first = time(earlier, quality, started: border - 90)
        #expect(first.baseMicroseconds == border * 1_000_000)
    }

    @Test func theWordIsInTheMessageAndInItsProperties() throws {
        for quality in ClockQuality.allCases {
            let points = PointTable()
            let point = try #require(points.intern(Point(device: "meter", name: "power")))
            var readings = ReadingBatch()
            readings.append(point: point, value: .int64(1), at: taken)
            let anchor = ClockAnchor(
                boot: earlier, instant: taken,
                wall: WallTime(nanosecondsSince1970: wallSeconds * 1_000_000_000),
                quality: quality)
            let batch = OutboundBatch(
                epoch: Epoch(journal: 1, number: 1), firstSequence: 0,
                content: .readings(readings), anchor: anchor)
            var session = SenMLSession(gateway: "g", points: points, version: "1")
            let context = EncodingContext(protocolVersion: .v5, now: now, boot: present)
            let answer = session.encode(batch, from: 0, in: context)
            let encoded = try #require(answer)
            let json = String(decoding: encoded.message.payload, as: UTF8.self)
            let word = encoded.message.userProperties.first { $0.0 == "clock" }?.1
            let expected = quality == .synchronized ? nil : quality.name
            #expect(word == expected)
            #expect(json.contains("\"clock\":") == (expected != nil))
            if let expected { #expect(json.contains("\"clock\":\"\(expected)\"")) }
        }
    }

    // MARK: Rounding and the ends of the axis

    /// The time of a reading at `first` nanoseconds of the present boot, whose clock showed
    /// `wall` nanoseconds at its start.
    private func exact(
        _ first: Int64, wall: Int64, _ quality: ClockQuality, now: Int64 = 0
    ) -> SenMLTime {
        let anchor = ClockAnchor(
            boot: present, instant: Instant(nanoseconds: 0),
            wall: WallTime(nanosecondsSince1970: wall), quality: quality)
        return SenMLTime(
            first: Instant(nanoseconds: first), anchor: anchor, now: Instant(nanoseconds: now),
            boot: present)
    }

    /// Base and offset add up to the reading's own time rounded down: a reading sent again in
    /// another part of its batch has the same time.
    @Test func aTimeDoesNotDependOnWhereTheBatchWasCut() {
        let wall: Int64 = 1_700_000_000_123_456_789
        for first in stride(from: Int64(0), to: 3000, by: 77) {
            let time = exact(first, wall: wall, .synchronized)
            for other in stride(from: Int64(-2000), to: 5000, by: 133) {
                let offset = time.offsetMicroseconds(of: Instant(nanoseconds: other))
                #expect((time.baseMicroseconds ?? 0) + offset == (wall + other) / 1000)
            }
        }
    }

    @Test func aRelativeTimeIsRoundedDownToo() {
        let time = exact(1, wall: 0, .unsynchronized, now: 1_000)
        #expect(time.baseMicroseconds == -1)
        #expect(time.offsetMicroseconds(of: Instant(nanoseconds: 1_000)) == 1)
    }

    /// SenML takes a positive relative time for one in the future.
    @Test func aRelativeTimeIsNeverAfterTheSending() {
        #expect(exact(9_000, wall: 0, .unsynchronized, now: 5_000).baseMicroseconds == 0)
    }

    @Test func theEndsOfTheAxisDoNotTrap() {
        let latest = exact(0, wall: .max, .synchronized)
        #expect(latest.baseMicroseconds == Int64.max / 1000)
        #expect(latest.offsetMicroseconds(of: Instant(nanoseconds: .max)) == 0)
        let earliest = exact(.min, wall: .min, .unsynchronized)
        #expect(earliest.baseMicroseconds == Int64.min / 1000 - 1)
        #expect(earliest.offsetMicroseconds(of: Instant(nanoseconds: .max)) == Int64.max / 1000)
    }
}
