import Glibc
import TestSupport
import Testing

@testable import Uplink

/// How much is on its way at a time.
@Suite(.timeLimit(.minutes(2))) struct WindowTests {
    /// Publishes one more than the window, then goes on as receipts come.
    private func expectWindow(
        _ expected: Int, _ broker: ScriptedBroker, _ connection: MQTTConnection,
        properties: [UInt8] = []
    ) async throws {
        let client = try await broker.welcome(5, properties).client
        let link = try await connection.nextLink()
        #expect(link.window == expected)
        for number in 0..<UInt64(expected) {
            #expect(await connection.publish(OutboundMessage("m"), number, over: link) == .sent)
        }
        #expect(await connection.publish(OutboundMessage("x"), 98, over: link) == .windowFull)
        var received: [MQTTPacket] = []
        for _ in 0..<expected { received.append(try await broker.packet(of: client)) }
        await broker.send(.puback(try #require(received.last)), to: client)
        #expect(try await connection.nextSettled(1) == [UInt64(expected) - 1])
        #expect(await connection.publish(OutboundMessage("n"), 99, over: link) == .sent)
        #expect(await connection.publish(OutboundMessage("x"), 98, over: link) == .windowFull)
        let next = try await broker.packet(of: client)
        #expect(next.payload == "n", "what the window did not take is not kept")
        await broker.send(.puback(next), to: client)
        #expect(try await connection.nextSettled(1) == [99])
    }

    @Test(arguments: [(3, 3), (1, 1), (0, 1), (1_000_000, 1000)])
    func theCallersWindowIsKept(wanted: Int, expected: Int) async throws {
        let broker = try ScriptedBroker()
        let connection = await MQTTConnection.started(.local(broker.port), window: wanted)
        try await expectWindow(expected, broker, connection)
    }

    /// MQTT 5 section 3.2.2.3.3, Receive Maximum.
    @Test(arguments: [(5, 5), (21, 20)] as [(UInt8, Int)])
    func aSmallerWindowOfTheBrokerIsKept(receiveMaximum: UInt8, expected: Int) async throws {
        let broker = try ScriptedBroker()
        let connection = await MQTTConnection.started(.local(broker.port), window: 20)
        try await expectWindow(expected, broker, connection, properties: [0x21, 0, receiveMaximum])
    }

    /// Else it would hold everything for ever (MQTT 5 section 3.2.2.3.3 forbids it).
    @Test func aWindowWithoutRoomIsABreachOfTheProtocol() async throws {
        let broker = try ScriptedBroker()
        let connection = await MQTTConnection.started(.local(broker.port))
        _ = try await broker.welcome(5, [0x21, 0, 0])
        #expect(try await connection.nextFailure().failure.code == .protocolError)
    }

    @Test func aRealBrokersWindowIsKept() async throws {
        let broker = try await MosquittoBroker(
            in: try TestFolder(), ["allow_anonymous true", "max_inflight_messages 4"])
        let connection = await MQTTConnection.started(.local(broker.port))
        let link = try await connection.nextLink()
        #expect(link.window == 4)
        await broker.process.signal(SIGSTOP)
        var results: [PublishResult] = []
        for number in 0..<6 as Range<UInt64> {
            results.append(await connection.publish(OutboundMessage("m"), number, over: link))
        }
        #expect(results == [.sent, .sent, .sent, .sent, .windowFull, .windowFull])
        await broker.process.signal(SIGCONT)
        #expect(try await connection.nextSettled(4) == [0, 1, 2, 3])
        await connection.stop(farewell: nil, within: .seconds(1))
    }

    /// Without receipts, only the socket's room bounds what the library takes into memory.
    @Test func messagesWithoutReceiptsFillTheWindowUntilTheyAreWritten() async throws {
        let broker = try ScriptedBroker()
        let connection = await MQTTConnection.started(.local(broker.port), window: 4)
        let client = try await broker.welcome().client
        let link = try await connection.nextLink()
        let large = OutboundMessage(String(repeating: "x", count: 1 << 20), qos: .atMostOnce)
        var sent: UInt64 = 0
        while sent < 200, await connection.publish(large, sent, over: link) == .sent { sent += 1 }
        try #require(sent < 200, "200 MiB were taken that nobody has read")
        for _ in 0..<sent { #expect(try await broker.packet(of: client).kind == .publish) }
        #expect(try await connection.nextSettled(Int(sent)) == Array(0..<sent))
        #expect(await connection.publish(large, sent, over: link) == .sent)
    }

    @Test func nothingIsTakenBeforeThereIsALink() async throws {
        let broker = try ScriptedBroker()
        let connection = MQTTConnection(settings: .local(broker.port), will: { _ in nil })
        let guess = Link(number: 1, protocolVersion: .v5, window: 20)
        #expect(await connection.publish(OutboundMessage("m"), 1, over: guess) == .notConnected)
        await connection.start()
        let client = try await broker.accept()
        #expect(try await broker.packet(of: client).kind == .connect)
        #expect(await connection.publish(OutboundMessage("m"), 1, over: guess) == .notConnected)
        await broker.send(.connack(), to: client)
        let link = try await connection.nextLink()
        await connection.publish(OutboundMessage("first"), 2, over: link)
        #expect(try await broker.packet(of: client).payload == "first")
    }
}
