import Platform
import TestSupport
import Testing

@testable import Uplink

/// Commands over a real broker.
@Suite(.timeLimit(.minutes(2))) struct PlatformWireTests {
    /// A platform asks with mosquitto_pub as MQTT 5 has it, and is answered where it said.
    @Test func aCommandIsAnsweredWithItsCorrelation() async throws {
        let broker = try await MosquittoBroker(in: try TestFolder())
        let connection = await MQTTConnection.started(.local(broker.port))
        let link = try await connection.nextLink()
        var session: any UplinkSession = SenMLFixture().session
        for filter in session.subscriptions { #expect(await connection.subscribe(filter)) }
        // A receipt behind the subscriptions: the broker has them.
        await connection.publish(OutboundMessage("m"), 1, over: link)
        #expect(try await connection.nextSettled(1) == [1])
        let platform = try await broker.subscriber(
            to: "city/answers", count: 1, format: "%D %C %p")
        _ = try await TestProcess([
            "mosquitto_pub", "-h", "127.0.0.1", "-p", "\(broker.port)", "-V", "5", "-q", "1",
            "-t", "armadio/cabinet-17/command/pump/speed", "-m", #"{"value":21.5}"#,
            "-D", "publish", "response-topic", "city/answers", "-D", "publish", "correlation-data",
            "c-1", "-D", "publish", "user-property", "id", "a7", "-D", "publish",
            "message-expiry-interval", "30",
        ]).run()
        let message = try #require(await nextMessage(connection))
        #expect((message.messageExpiry ?? 0) > 0)
        let request = session.receive(message).first
        guard case .command(let command) = request else { throw Unexpected(nil) }
        let answers = session.answer(CommandOutcome(.done, shown: .double(21.5)), to: command)
        await connection.publish(try #require(answers.first), 2, over: link)
        #expect(try await connection.nextSettled(1) == [2])
        let answer = try await platform.line(containing: "result")
        #expect(answer == #"c-1 application/json {"id":"a7","result":"done","value":21.5}"#)
        await connection.stop(farewell: nil, within: .seconds(1))
    }

    private func nextMessage(_ connection: MQTTConnection) async -> InboundMessage? {
        for await message in connection.messages { return message }
        return nil
    }
}
