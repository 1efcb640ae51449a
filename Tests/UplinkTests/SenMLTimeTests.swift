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
}
