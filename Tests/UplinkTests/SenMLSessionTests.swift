import Telemetry
import Testing

@testable import Uplink

/// What a platform receives, to the letter (RFC 8428).
@Suite struct SenMLSessionTests {
    private let points = PointTable()
    private let boot = BootID(high: 1, low: 2)

    private func point(_ device: String, _ name: String, _ unit: String = "") -> PointID {
        points.intern(Point(device: device, name: name, unit: Unit(unchecked: unit)))
            ?? PointID(index: 0)
    }

    private func batch(
        _ readings: [Reading], first: UInt64 = 7, quality: ClockQuality = .synchronized
    ) -> OutboundBatch {
        var columns = ReadingBatch()
        for reading in readings { columns.append(reading) }
        return batch(.readings(columns), first: first, quality: quality)
    }

    private func batch(
        _ content: OutboundBatch.Content, first: UInt64 = 7, quality: ClockQuality = .synchronized
    ) -> OutboundBatch {
        OutboundBatch(
            epoch: Epoch(journal: 0xAB, number: 3), firstSequence: first, content: content,
            anchor: ClockAnchor(
                boot: boot, instant: Instant(nanoseconds: 0),
                wall: WallTime(nanosecondsSince1970: 1_700_000_000_000_000_000), quality: quality))
    }

    private func encode(
        _ batch: OutboundBatch, from offset: Int = 0, _ version: ProtocolVersion = .v5,
        byteLimit: Int = EncodingContext.defaultByteLimit
    ) throws -> EncodedBatch {
        var session = SenMLSession(gateway: "g", points: points, version: "1")
        let context = EncodingContext(
            protocolVersion: version, now: Instant(nanoseconds: 10_000_000_000), boot: boot,
            byteLimit: byteLimit)
        let encoded = session.encode(batch, from: offset, in: context)
        return try #require(encoded)
    }

    private func text(_ batch: EncodedBatch) -> String {
        String(decoding: batch.message.payload, as: UTF8.self)
    }

    private func at(_ milliseconds: Int64) -> Instant {
        Instant(nanoseconds: milliseconds * 1_000_000)
    }

    @Test func oneRecordIsOneReading() throws {
        let batch = batch([
            Reading(point: point("meter", "voltage", "V"), value: .double(230.1), instant: at(250)),
            Reading(point: point("meter", "count"), value: .uint64(.max), instant: at(260)),
            Reading(point: point("door", "open"), value: .bool(true), instant: at(250)),
            Reading(point: point("door", "name"), value: .string("a\"b\\\n☃"), instant: at(250)),
            Reading(point: point("door", "low"), value: .int64(.min), instant: at(240)),
        ])
        let encoded = try encode(batch)
        #expect(
            text(encoded)
                == #"[{"bn":"g/meter/","bt":1700000000.25,"n":"voltage","u":"V","v":230.1},"#
                + #"{"n":"count","v":18446744073709551615,"t":0.01},"#
                + #"{"bn":"g/door/","n":"open","vb":true},{"n":"name","vs":"a\"b\\\u000a☃"},"#
                + #"{"n":"low","v":-9223372036854775808,"t":-0.01}]"#)
        #expect(encoded.message.topic == "armadio/g/telemetry")
        #expect(encoded.message.contentType == "application/senml+json")
        #expect(encoded.message.qos == .atLeastOnce && !encoded.message.retain)
        let identity = encoded.message.userProperties.map { "\($0.name)=\($0.value)" }
        #expect(identity == ["gateway=g", "epoch=00000000000000ab-3", "first=7", "count=5"])
    }

    @Test func onTheOlderProtocolTheFirstRecordCarriesTheIdentity() throws {
        let batch = batch([Reading(point: point("m", "v"), value: .int64(1), instant: at(0))])
        let encoded = try encode(batch, .v311)
        #expect(
            text(encoded) == #"[{"bn":"g/m/","bt":1700000000,"epoch":"00000000000000ab-3","#
                + #""first":7,"count":1,"n":"v","v":1}]"#)
        #expect(encoded.message.userProperties.isEmpty)
    }

    @Test(
        arguments: [
            (nil, Quality.timeout, "timeout"), (.double(.nan), .good, "unrepresentable"),
            (.double(.infinity), .good, "unrepresentable"),
            (nil, .illegalAddress, "illegal-address"),
            (.double(1), .notAvailable, "not-available"),
        ] as [(Value?, Quality, String)])
    func aBadReadingIsATextBesideTheSeries(
        value: Value?, quality: Quality, word: String
    ) throws {
        let batch = batch([
            Reading(point: point("m", "v", "V"), value: value, quality: quality, instant: at(0))
        ])
        let record = #"[{"bn":"g/m/","bt":1700000000,"n":"v/quality","vs":"\#(word)"}]"#
        #expect(text(try encode(batch)) == record)
    }

    @Test func aClockThatNobodySetGivesTimesRelativeToTheSending() throws {
        let batch = batch(
            [
                Reading(point: point("m", "v"), value: .int64(1), instant: at(8500)),
                Reading(point: point("m", "v"), value: .int64(2), instant: at(9000)),
            ], quality: .unsynchronized)
        let encoded = try encode(batch)
        #expect(
            text(encoded) == #"[{"bn":"g/m/","bt":-1.5,"clock":"unsynchronized","n":"v","v":1},"#
                + #"{"n":"v","v":2,"t":0.5}]"#)
        #expect(encoded.message.userProperties.last?.value == "unsynchronized")
    }

    @Test func anEstimatedTimeIsAbsoluteAndSaysSo() throws {
        var batch = batch(
            [Reading(point: point("m", "v"), value: .int64(1), instant: at(0))],
            quality: .estimated)
        batch.anchor.boot = BootID(high: 0, low: 1)
        #expect(
            text(try encode(batch))
                == #"[{"bn":"g/m/","bt":1700000000,"clock":"estimated","n":"v","v":1}]"#)
    }

    @Test func aGapStandsForItsReadings() throws {
        let encoded = try encode(batch(.gap(count: 1200, reason: .journalFull)))
        #expect(
            text(encoded)
                == #"[{"bn":"g/","bt":1700000010,"n":"gap","v":1200,"reason":"journal-full"}]"#)
        #expect(encoded.count == 1200 && encoded.firstSequence == 7)
    }

    @Test func whatDoesNotFitOneMessageGoesInSeveralWithoutAHole() throws {
        let readings = (0..<500).map {
            Reading(point: point("meter", "voltage"), value: .int64($0), instant: at(0))
        }
        let batch = batch(readings)
        var (offset, messages) = (0, 0)
        while offset < readings.count {
            let encoded = try encode(batch, from: offset, byteLimit: 2000)
            #expect(encoded.message.payload.count <= 2000)
            #expect(encoded.firstSequence == 7 + UInt64(offset))
            #expect(text(encoded).contains("\"v\":\(offset)}"))
            offset += Int(encoded.count)
            messages += 1
        }
        #expect(offset == 500 && messages > 5)
    }

    @Test func aTextThatIsTooLongStopsNothingBehindIt() throws {
        let batch = batch([
            Reading(
                point: point("m", "t"), value: .string(String(repeating: "x", count: 5000)),
                instant: at(0)),
            Reading(point: point("m", "v"), value: .int64(1), instant: at(0)),
        ])
        let encoded = try encode(batch, byteLimit: 2000)
        #expect(encoded.count == 2)
        #expect(text(encoded).contains(#""n":"t/quality","vs":"unrepresentable"}"#))
    }

    @Test(arguments: [
        0.1, 1e21, 1e-7, 123456789.123, .leastNonzeroMagnitude, 1.7976931348623157e308, -0.0, 100,
        1e15, 1e16,
    ])
    func numbersReadBackAsTheSameDouble(value: Double) throws {
        var json = JSONWriter(capacity: 32)
        json.append(value)
        let written = String(decoding: json.bytes, as: UTF8.self)
        #expect(Double(written)?.bitPattern == value.bitPattern, "\(written)")
        #expect(!written.hasSuffix(".") && !written.hasPrefix("."))
    }

    @Test func birthAndWillAreRetained() {
        let session = SenMLSession(gateway: "g", points: points, version: "1.2")
        let birth = session.birth(epoch: Epoch(journal: 0xAB, number: 3))
        #expect(birth.retain && birth.topic == "armadio/g/status")
        #expect(
            String(decoding: birth.payload, as: UTF8.self)
                == #"{"status":"online","version":"1.2","epoch":"00000000000000ab-3"}"#)
        #expect(session.will.retain && session.farewell.topic == birth.topic)
    }
}
