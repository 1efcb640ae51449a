import Telemetry
import TestSupport
import Testing

@testable import Uplink

/// What becomes of messages at a real broker in another process.
@Suite(.timeLimit(.minutes(2))) struct DeliveryTests {
    private let folder: TestFolder

    init() throws {
        folder = try TestFolder()
    }

    @Test(arguments: [
        (BrokerSettings.ProtocolChoice.automatic, ProtocolVersion.v5, "p5"), (.v5, .v5, "p5"),
        (.v311, .v311, "p2"),
    ])
    func acknowledgedMessagesAreAtTheSubscriber(
        choice: BrokerSettings.ProtocolChoice, version: ProtocolVersion, word: String
    ) async throws {
        let broker = try await MosquittoBroker(in: folder)
        let subscriber = try await broker.subscriber(to: "t", count: 5)
        var settings = BrokerSettings.local(broker.port)
        settings.protocolChoice = choice
        let connection = await MQTTConnection.started(settings)
        let link = try await connection.nextLink()
        #expect(link.protocolVersion == version && link.number == 1)
        _ = try await broker.process.line(containing: "as cabinet (\(word), c1,", on: .errors)
        for number in 0..<5 {
            let message = OutboundMessage("m\(number)")
            #expect(await connection.publish(message, UInt64(number), over: link) == .sent)
        }
        #expect(try await connection.nextSettled(5) == [0, 1, 2, 3, 4])
        #expect(try await received(subscriber) == ["0 m0", "0 m1", "0 m2", "0 m3", "0 m4"])
        await connection.stop(farewell: nil, within: .seconds(1))
    }

    /// A session speaks one language; what a version has no place for is left out, not refused.
    @Test(arguments: [ProtocolVersion.v5, .v311])
    func whatASessionSaysArrivesOverEitherVersion(version: ProtocolVersion) async throws {
        let broker = try await MosquittoBroker(in: folder)
        let subscriber = try await broker.subscriber(
            to: "armadio/#", count: 2, format: "%t|%C|%P|%p")
        let points = PointTable()
        let point = try #require(points.intern(Point(device: "m", name: "v")))
        var session = SenMLSession(gateway: "g", points: points, version: "1")
        var settings = BrokerSettings.local(broker.port)
        settings.protocolChoice = version == .v5 ? .v5 : .v311
        let connection = await MQTTConnection.started(settings, will: session.will(connect: 1))
        let link = try await connection.nextLink()
        let epoch = Epoch(journal: 1, number: 2)
        let births = session.births(.of(epoch))
        #expect(await connection.publish(births, as: PublishToken(1), over: link) == .sent)
        let encoded = session.encode(
            .one(point, of: epoch), from: 0, in: .at(Instant(nanoseconds: 0), version))
        await connection.publish(try #require(encoded).message, 2, over: link)
        #expect(try await connection.nextSettled(2) == [1, 2])
        let birth = #"{"status":"online","version":"1","epoch":"0000000000000001-2"}"#
        let identity = "gateway:g epoch:0000000000000001-2 first:3 count:1"
        let fields = #""epoch":"0000000000000001-2","first":3,"count":1,"#
        #expect(
            try await received(subscriber) == [
                "armadio/g/status|\(version == .v5 ? "application/json" : "")||\(birth)",
                "armadio/g/telemetry|\(version == .v5 ? "application/senml+json" : "")|"
                    + (version == .v5 ? identity : "")
                    + #"|[{"bn":"g/m/","bt":1700000000,"#
                    + (version == .v5 ? "" : fields) + #""n":"v","v":1}]"#,
            ])
        await connection.stop(farewell: session.farewell(), within: .seconds(5))
        #expect(try await broker.retained("armadio/g/status") == #"{"status":"offline"}"#)
    }

    @Test func whatAnAccessRuleForbidsIsRefusedAndNotSettled() async throws {
        let rules = try folder.write("acl", "topic write allowed\n")
        let broker = try await MosquittoBroker(
            in: folder, ["allow_anonymous true", "acl_file \(rules)"])
        let connection = await MQTTConnection.started(.local(broker.port))
        let link = try await connection.nextLink()
        await connection.publish(OutboundMessage("a", to: "forbidden"), 1, over: link)
        let event = await connection.nextEvent()
        guard case .refused(let token, let reason) = event else { throw Unexpected(event) }
        #expect(token.number == 1 && reason == .notAuthorized)
        await connection.publish(OutboundMessage("b", to: "allowed"), 2, over: link)
        #expect(try await connection.nextSettled(1) == [2])
        await connection.stop(farewell: nil, within: .seconds(1))
    }

    @Test func whatTheBrokerNamesTooLargeIsRefusedAndHurtsNothingElse() async throws {
        let broker = try await MosquittoBroker(
            in: folder, ["allow_anonymous true", "max_packet_size 2000"])
        let connection = await MQTTConnection.started(.local(broker.port))
        let link = try await connection.nextLink()
        #expect(link.maximumPacketSize == 2000)
        #expect(link.payloadLimit(96 * 1024) < 2000 && link.payloadLimit(100) == 100)
        let large = OutboundMessage(String(repeating: "x", count: 2000))
        #expect(await connection.publish(large, 1, over: link) == .sent)
        let event = await connection.nextEvent()
        guard case .refused(let token, let reason) = event else { throw Unexpected(event) }
        #expect(token.number == 1 && reason == .packetTooLarge)
        let fitting = OutboundMessage(String(repeating: "x", count: link.payloadLimit(96 * 1024)))
        await connection.publish(fitting, 2, over: link)
        #expect(try await connection.nextSettled(1) == [2])
        await connection.stop(farewell: nil, within: .seconds(1))
    }

    /// libmosquitto counts a byte or two too few before it takes a message, and then aborts the
    /// program.
    @Test(arguments: [(QualityOfService.atLeastOnce, 0), (.atLeastOnce, 200), (.atMostOnce, 0)])
    func packetsAroundTheBrokersLimitAreTakenOrRefusedByTheByte(
        qos: QualityOfService, property: Int
    ) async throws {
        let broker = try await MosquittoBroker(
            in: folder, ["allow_anonymous true", "max_packet_size 2000"])
        let connection = await MQTTConnection.started(.local(broker.port))
        let link = try await connection.nextLink()
        // Fixed header of 3 bytes, topic, packet identifier, properties with their length.
        let properties = property > 0 ? 2 + 5 + 1 + property : 1
        let room = 2000 - 3 - (2 + 1) - (qos == .atLeastOnce ? 2 : 0) - properties
        for (length, fits) in [
            (-3, true), (-1, true), (0, true), (1, false), (2, false), (5, false),
        ] {
            var message = OutboundMessage(String(repeating: "x", count: room + length), qos: qos)
            if property > 0 {
                message.userProperties = [("n", String(repeating: "v", count: property))]
            }
            await connection.publish(message, 1, over: link)
            let event = await connection.nextEvent()
            switch event {
            case .settled: #expect(fits, "\(length)")
            case .refused(_, let reason): #expect(!fits && reason == .packetTooLarge, "\(length)")
            default: throw Unexpected(event)
            }
        }
        await connection.stop(farewell: nil, within: .seconds(1))
    }

    @Test(arguments: ["a/#", "", "a\u{0}b"])
    func aTopicThatIsNoneIsRefusedAndNeverSent(topic: String) async throws {
        let broker = try await MosquittoBroker(in: folder)
        let subscriber = try await broker.subscriber(to: "#", count: 1, format: "%t")
        let connection = await MQTTConnection.started(.local(broker.port))
        let link = try await connection.nextLink()
        #expect(await connection.publish(OutboundMessage("a", to: topic), 1, over: link) == .sent)
        let event = await connection.nextEvent()
        guard case .refused(let token, let reason) = event else { throw Unexpected(event) }
        #expect(token.number == 1 && reason == .topicNameInvalid)
        await connection.publish(OutboundMessage("b", to: "good"), 2, over: link)
        #expect(try await connection.nextSettled(1) == [2])
        #expect(try await received(subscriber) == ["good"])
        await connection.stop(farewell: nil, within: .seconds(1))
    }

    @Test func aMessageThatNeedsNoReceiptIsSettledWhenItIsWritten() async throws {
        let broker = try await MosquittoBroker(in: folder)
        let subscriber = try await broker.subscriber(to: "t", count: 1)
        let connection = await MQTTConnection.started(.local(broker.port))
        let link = try await connection.nextLink()
        await connection.publish(OutboundMessage("m", qos: .atMostOnce), 1, over: link)
        #expect(try await connection.nextSettled(1) == [1])
        #expect(try await received(subscriber) == ["0 m"])
        await connection.stop(farewell: nil, within: .seconds(1))
    }

    /// What a subscriber of ours printed, without what mosquitto_sub says of itself.
    private func received(_ subscriber: TestProcess) async throws -> [String] {
        let lines = try await subscriber.end().output.split(separator: "\n").map(String.init)
        return lines.filter { !$0.hasPrefix("Client ") && !$0.hasPrefix("Subscribed ") }
    }
}

extension OutboundBatch {
    /// One reading of value 1, number 3 of its epoch, taken when the boot clock showed 0.
    fileprivate static func one(_ point: PointID, of epoch: Epoch) -> OutboundBatch {
        var readings = ReadingBatch()
        readings.append(point: point, value: .int64(1), at: Instant(nanoseconds: 0))
        return OutboundBatch(
            epoch: epoch, firstSequence: 3, content: .readings(readings),
            anchor: ClockAnchor(
                boot: BootID(high: 1, low: 1), instant: Instant(nanoseconds: 0),
                wall: WallTime(nanosecondsSince1970: 1_700_000_000_000_000_000),
                quality: .synchronized))
    }
}

extension EncodingContext {
    fileprivate static func at(_ now: Instant, _ version: ProtocolVersion) -> EncodingContext {
        EncodingContext(protocolVersion: version, now: now, boot: BootID(high: 1, low: 1))
    }
}
