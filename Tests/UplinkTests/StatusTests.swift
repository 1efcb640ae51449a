import Platform
import Telemetry
import TestSupport
import Testing

@testable import Uplink

/// What the broker tells others of a gateway that comes, goes or dies.
@Suite(.timeLimit(.minutes(2))) struct StatusTests {
    private let folder: TestFolder

    init() throws {
        folder = try TestFolder()
    }

    @Test(arguments: [BrokerSettings.ProtocolChoice.v5, .v311])
    func aGatewayThatDiesIsTakenForOffline(choice: BrokerSettings.ProtocolChoice) async throws {
        let broker = try await MosquittoBroker(in: folder)
        let subscriber = try await broker.subscriber(to: "status", count: 2)
        var settings = BrokerSettings.local(broker.port)
        settings.protocolChoice = choice
        var connection: MQTTConnection? = await MQTTConnection.started(
            settings, will: .status("offline"))
        let link = try await #require(connection).nextLink()
        await connection?.publish(.status("online"), 1, over: link)
        _ = try await subscriber.line(containing: "0 online")
        // Its socket closes without a word, as that of a killed process does.
        connection = nil
        _ = try await subscriber.line(containing: "0 offline")
        #expect(try await broker.retained("status") == "offline")
    }

    @Test func aWantedEndSaysFarewellAndLeavesNoWill() async throws {
        let broker = try await MosquittoBroker(in: folder)
        let connection = await MQTTConnection.started(
            .local(broker.port), will: .status("lost"))
        let link = try await connection.nextLink()
        await connection.publish(.status("online"), 1, over: link)
        await connection.stop(farewell: .status("stopped"), within: .seconds(10))
        #expect(try await connection.nextSettled(1) == [1])
        let (failure, nextTry) = try await connection.nextFailure()
        #expect(failure.code == .stopped && nextTry == nil)
        #expect(await connection.nextEvent() == nil, "the events end")
        _ = try await broker.process.line(containing: "Client cabinet disconnected.", on: .errors)
        #expect(try await broker.retained("status") == "stopped")
        #expect(await connection.publish(.status("x"), 2, over: link) == .notConnected)
    }

    /// The last word is either the farewell or the will: never `online` for ever.
    @Test func aFarewellThatDoesNotArriveLeavesTheWill() async throws {
        let broker = try ScriptedBroker()
        let connection = await MQTTConnection.started(
            .local(broker.port), will: .status("lost"), window: 2)
        let client = try await broker.welcome().client
        let link = try await connection.nextLink()
        for number in 0..<2 as Range<UInt64> {
            await connection.publish(OutboundMessage("m"), number, over: link)
        }
        await connection.stop(farewell: .status("stopped"), within: .milliseconds(50))
        let sent = try await broker.packetsToTheEnd(of: client)
        #expect(
            sent.map(\.kind) == [.publish, .publish], "no DISCONNECT: that would drop the will")
        let failure = try await connection.nextFailure().failure
        #expect(
            failure.message == "stopped, with 2 publishes not acknowledged; the "
                + "farewell did not arrive, the will stands for it")
    }

    @Test func aStopWaitsForWhatIsOutstanding() async throws {
        let broker = try ScriptedBroker()
        let connection = await MQTTConnection.started(.local(broker.port))
        let client = try await broker.welcome().client
        let link = try await connection.nextLink()
        await connection.publish(OutboundMessage("m"), 1, over: link)
        async let end: Void = connection.stop(farewell: .status("stopped"), within: .seconds(60))
        let publish = try await broker.packet(of: client)
        await broker.send(.puback(publish), to: client)
        let farewell = try await broker.packet(of: client)
        #expect(farewell.topic == "status" && farewell.payload == "stopped")
        await broker.send(.puback(farewell), to: client)
        #expect(try await broker.packetsToTheEnd(of: client).map(\.kind) == [.disconnect])
        await end
        #expect(try await connection.nextSettled(1) == [1])
    }

    @Test func aStopWithoutALinkEndsAtOnce() async throws {
        let broker = try ScriptedBroker()
        let connection = await MQTTConnection.started(.local(broker.port))
        let client = try await broker.accept()
        #expect(try await broker.packet(of: client).kind == .connect)
        await connection.stop(farewell: .status("stopped"), within: .seconds(3600))
        #expect(try await broker.packetsToTheEnd(of: client).isEmpty)
        #expect(await connection.nextEvent() == nil)
    }
}
