import Telemetry
import TestSupport
import Testing
import Uplink

@testable import Receiver

/// What the gateway's session writes, however it writes it, is read as what it was.
@Suite struct SessionRoundTripTests {
    private static let boot = BootID(high: 7, low: 7)
    private static let values: [Value] = [
        .double(230.1), .double(-0.001), .double(1e300), .double(21), .int64(-7), .uint64(.max),
        .bool(true), .string("café"), .double(.pi), .int64(.min),
    ]

    private func encode(
        _ encoding: SenMLOptions.Encoding, _ compression: SenMLOptions.Compression,
        _ version: ProtocolVersion
    ) throws -> OutboundMessage {
        let points = PointTable()
        var batch = ReadingBatch()
        for index in 0..<500 {
            let point = Point(device: "meter-\(index / 50)", name: "p\(index % 50)")
            let id = try #require(points.intern(point))
            let isBad = index % 17 == 3
            batch.append(
                point: id, value: isBad ? nil : Self.values[index % Self.values.count],
                quality: isBad ? .timeout : .good,
                at: Instant(nanoseconds: 100_000_000_000 + Int64(index) * 1_000_000))
        }
        let anchor = ClockAnchor(
            boot: Self.boot, instant: Instant(nanoseconds: 100_000_000_000),
            wall: WallTime(nanosecondsSince1970: 1_700_000_000_000_000_000), quality: .synchronized)
        var session = SenMLSession(
            gateway: "cab", points: points, version: "1",
            options: SenMLOptions(encoding: encoding, compression: compression))
        let encoded = session.encode(
            OutboundBatch(
                epoch: ReceiverFixture.epoch, firstSequence: 40, content: .readings(batch),
                anchor: anchor), from: 0,
            in: EncodingContext(
                protocolVersion: version, now: Instant(nanoseconds: 101_000_000_000),
                boot: Self.boot))
        return try #require(encoded?.messages.first)
    }

    @Test(
        arguments: SenMLOptions.Encoding.allCases, SenMLOptions.Compression.allCases)
    func readsWhatASessionWrites(
        _ encoding: SenMLOptions.Encoding, _ compression: SenMLOptions.Compression
    ) throws {
        for version in ProtocolVersion.allCases {
            let sent = try encode(encoding, compression, version)
            let isNew = version == .v5
            var message = ReceiverFixture.message(
                "", identity: isNew ? sent.userProperties : [],
                contentType: isNew ? sent.contentType : nil)
            message.payload = sent.payload
            let batch = try ReceiverFixture.decode(message)
            #expect(batch.span == 40..<540)
            guard case .readings(let readings) = batch.content else { throw Refusal("a gap") }
            for (index, reading) in readings.enumerated() {
                expectSame(reading, index)
            }
        }
    }

    private func expectSame(_ reading: ReceivedReading, _ index: Int) {
        #expect(reading.device == "meter-\(index / 50)" && reading.point == "p\(index % 50)")
        #expect(
            reading.time?.nanosecondsSince1970
                == 1_700_000_000_000_000_000 + Int64(index) * 1_000_000)
        guard index % 17 != 3 else { return #expect(reading.quality == "timeout") }
        // A double without a fraction is written as an integer.
        switch (reading.value, Self.values[index % Self.values.count]) {
        case (.int64(let read), .double(let written)): #expect(Double(read) == written)
        case (let read, let written): #expect(read == written)
        }
    }

    @Test func neverTrapsOnTurnedBytes() throws {
        let sent = try encode(.cbor, .none, .v5)
        var random = SplitMix(seed: 9)
        var refused = 0
        for _ in 0..<3000 {
            var message = ReceiverFixture.message(
                "", identity: sent.userProperties, contentType: sent.contentType)
            message.payload = sent.payload
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: 0..<message.payload.count, using: &random)
                message.payload[place] = UInt8.random(in: 0...255, using: &random)
            }
            do { _ = try ReceiverFixture.decode(message) } catch { refused += 1 }
        }
        #expect(refused > 100)
    }

    /// Compact payloads need the dictionary that came before them.
    @Test func readsCompactPayloadsOnceTheDictionaryHasCome() throws {
        let points = PointTable()
        let point = try #require(points.intern(Point(device: "meter", name: "u", unit: .none)))
        var readings = ReadingBatch()
        readings.append(point: point, value: .double(230.5), at: Instant(nanoseconds: 100))
        readings.append(
            point: point, value: nil, quality: .timeout, at: Instant(nanoseconds: 2100))
        let anchor = ClockAnchor(
            boot: Self.boot, instant: Instant(nanoseconds: 100),
            wall: WallTime(nanosecondsSince1970: 1_700_000_000_000_000_000), quality: .synchronized)
        var session = CompactSession(
            gateway: "cab", points: points, version: "1", epoch: ReceiverFixture.epoch)
        let encoded = session.encode(
            OutboundBatch(
                epoch: ReceiverFixture.epoch, firstSequence: 40, content: .readings(readings),
                anchor: anchor), from: 0,
            in: EncodingContext(
                protocolVersion: .v5, now: Instant(nanoseconds: 5000), boot: Self.boot))
        let messages = try #require(encoded).messages.map {
            InboundMessage(
                topic: $0.topic, payload: $0.payload, isRetained: false, userProperties: [],
                contentType: $0.contentType)
        }
        try #require(messages.count == 2)
        var decoders = PayloadDecoders()
        do throws(Refusal) {
            _ = try decoders.decode(messages[1], arrival: ReceiverFixture.arrival)
            Issue.record("there was no dictionary")
        } catch {
            #expect(error.description.contains("has not come"))
        }
        let dictionary = try decoders.decode(messages[0], arrival: ReceiverFixture.arrival)
        #expect(dictionary == nil)
        let batch = try decoders.decode(messages[1], arrival: ReceiverFixture.arrival)
        let read = try #require(batch)
        #expect(read.stream == ReceiverFixture.stream && read.span == 40..<42)
        guard case .readings(let told) = read.content else {
            Issue.record("no readings")
            return
        }
        #expect(told.map(\.value) == [.double(230.5), nil])
        #expect(told.map(\.quality) == ["good", "timeout"])
        #expect(told.first?.time?.nanosecondsSince1970 == 1_700_000_000_000_000_000)
    }
}
