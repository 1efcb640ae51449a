import Platform
import TestSupport
import Testing

@testable import Uplink

/// What comes from the broker.
@Suite(.timeLimit(.minutes(2))) struct SubscriptionTests {
    private func nextMessage(_ connection: MQTTConnection) async throws -> InboundMessage {
        for await message in connection.messages { return message }
        throw Unexpected(nil)
    }

    @Test func messagesArriveWithAllThatBelongsToThem() async throws {
        let broker = try await MosquittoBroker(in: try TestFolder())
        let connection = await MQTTConnection.started(.local(broker.port))
        let link = try await connection.nextLink()
        let properties = [("gateway", "g"), ("ключ", "значение"), ("gateway", "twice"), ("", "")]
        var kept = OutboundMessage(
            topic: "a/kept", payload: [0, 255, 1], retain: true, userProperties: properties)
        kept.contentType = "application/octet-stream"
        await connection.publish(kept, 1, over: link)
        #expect(try await connection.nextSettled(1) == [1])
        #expect(await connection.subscribe("a/#"))
        let retained = try await nextMessage(connection)
        #expect(retained.topic == "a/kept" && retained.payload == [0, 255, 1])
        #expect(retained.isRetained && retained.contentType == "application/octet-stream")
        #expect(
            retained.userProperties.map { $0.name + "=" + $0.value }
                == properties.map { $0.0 + "=" + $0.1 })
        await connection.publish(OutboundMessage("", to: "a/b"), 2, over: link)
        let empty = try await nextMessage(connection)
        #expect(empty.topic == "a/b" && empty.payload.isEmpty && !empty.isRetained)
        #expect(empty.userProperties.isEmpty && empty.contentType == nil)
        await connection.stop(farewell: nil, within: .seconds(1))
    }

    @Test func subscriptionsAreMadeAgainOnEveryLink() async throws {
        let folder = try TestFolder()
        var broker = try await MosquittoBroker(in: folder)
        let connection = MQTTConnection(settings: .local(broker.port), will: { _ in nil })
        await connection.hurry()
        #expect(await connection.subscribe("early/#"))
        await connection.start()
        _ = try await connection.nextLink()
        #expect(await connection.subscribe("late/#"))
        try await broker.end()
        broker = try await MosquittoBroker(in: folder, port: broker.port)
        var event = await connection.nextEvent()
        while case .disconnected = event { event = await connection.nextEvent() }
        guard case .connected(let link) = event else { throw Unexpected(event) }
        for topic in ["early/1", "late/1"] {
            await connection.publish(OutboundMessage(topic, to: topic), 1, over: link)
            #expect(try await nextMessage(connection).topic == topic)
        }
        await connection.stop(farewell: nil, within: .seconds(1))
    }

    @Test func aFilterThatIsNotAllowedIsNamed() async throws {
        let broker = try ScriptedBroker()
        let connection = await MQTTConnection.started(.local(broker.port))
        await connection.subscribe("secret/#")
        let client = try await broker.welcome().client
        _ = try await connection.nextLink()
        let subscribe = try await broker.packet(of: client)
        #expect(subscribe.kind == .subscribe)
        await broker.send(MQTTPacket(.suback, subscribe.body[..<2] + [0, 0x87]), to: client)
        let refused = await connection.nextEvent()
        guard case .subscriptionRefused("secret/#", .notAuthorized) = refused else {
            throw Unexpected(refused)
        }
        await connection.subscribe("no/#/filter")
        let invalid = await connection.nextEvent()
        guard case .subscriptionRefused("no/#/filter", .topicNameInvalid) = invalid else {
            throw Unexpected(invalid)
        }
    }

    @Test func thereIsABoundToSubscriptions() async {
        let connection = MQTTConnection(settings: .local(1), will: { _ in nil })
        for number in 0..<MQTTConnection.subscriptionLimit {
            #expect(await connection.subscribe("t/\(number)"))
        }
        #expect(await !connection.subscribe("one/more"))
        #expect(await connection.subscribe("t/0"), "there already")
    }

    @Test func aMessageThatIsTooLongIsDroppedAndCounted() async throws {
        let broker = try ScriptedBroker()
        let connection = await MQTTConnection.started(.local(broker.port))
        let client = try await broker.welcome().client
        _ = try await connection.nextLink()
        for length in [MQTTConnection.inboundByteLimit + 1, MQTTConnection.inboundByteLimit] {
            await broker.send(.message("t", String(repeating: "x", count: length)), to: client)
        }
        #expect(
            try await nextMessage(connection).payload.count == MQTTConnection.inboundByteLimit)
        #expect(await connection.droppedMessages == 1)
    }

    @Test func messagesThatNobodyTakesAreDroppedAndCounted() async throws {
        let broker = try ScriptedBroker()
        let connection = await MQTTConnection.started(.local(broker.port))
        let client = try await broker.welcome().client
        let link = try await connection.nextLink()
        for number in 0..<(MQTTConnection.inboundLimit + 44) {
            await broker.send(.message("t", "\(number)"), to: client)
        }
        // A receipt behind them: they have been taken in.
        await connection.publish(OutboundMessage("m"), 1, over: link)
        await broker.send(.puback(try await broker.packet(of: client)), to: client)
        #expect(try await connection.nextSettled(1) == [1])
        #expect(await connection.droppedMessages == 44)
        #expect(String(decoding: try await nextMessage(connection).payload, as: UTF8.self) == "0")
    }
}
