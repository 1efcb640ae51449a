import Glibc
import Platform
import Telemetry
import TestSupport
import Testing

@testable import Uplink

/// Several brokers: which one is spoken to, and how the first one is found again.
@Suite(.timeLimit(.minutes(2))) struct BrokersTests {
    private let folder: TestFolder

    init() throws {
        folder = try TestFolder()
    }

    /// A port of 127.0.0.1 that nobody listens on.
    private static let closed: UInt16 = 1

    private func settings(_ ports: UInt16...) -> BrokerSettings {
        var settings = BrokerSettings.local(ports[0])
        settings.fallbacks = ports.dropFirst().map {
            BrokerSettings.Endpoint(host: "127.0.0.1", port: $0)
        }
        return settings
    }

    @Test func theFirstBrokerThatAnswersIsTaken() async throws {
        let broker = try await MosquittoBroker(in: folder)
        let connection = await MQTTConnection.started(
            settings(Self.closed, Self.closed, broker.port))
        let link = try await connection.nextLink()
        #expect(link.broker == "mqtt://127.0.0.1:\(broker.port)" && !link.isPreferred)
        #expect(connection.statistics.failedTries == 2)
        await connection.publish(OutboundMessage("m"), 1, over: link)
        #expect(try await connection.nextSettled(1) == [1])
        await connection.stop(farewell: nil, within: .seconds(1))
    }

    @Test func theFirstBrokerIsTheOneThatIsWanted() async throws {
        let (first, second) = (try ScriptedBroker(), try ScriptedBroker())
        let connection = await MQTTConnection.started(settings(first.port, second.port))
        _ = try await first.welcome()
        let link = try await connection.nextLink()
        #expect(link.broker == "mqtt://127.0.0.1:\(first.port)" && link.isPreferred)
    }

    /// One event a round, with every broker in it; then the pause, and all of them again.
    @Test func whatEachBrokerSaysIsTold() async throws {
        let refusing = try ScriptedBroker()
        let connection = MQTTConnection(
            settings: settings(Self.closed, refusing.port), will: { _ in nil })
        await connection.hurry()
        await connection.start()
        for round in 1...2 {
            let client = try await refusing.accept()
            _ = try await refusing.packet(of: client)
            await refusing.send(.connack(code: 0x87), to: client)
            let (failure, nextTry) = try await connection.nextFailure()
            #expect(failure.code == .refused && nextTry != nil)
            #expect(
                failure.message == "127.0.0.1:1: nothing listens there; check that the broker "
                    + "runs, the port, and the firewall; 127.0.0.1:\(refusing.port) does not let "
                    + "client cabinet without a user in; check user name and password, and the "
                    + "broker's access rules")
            #expect(await connection.backoff.failures == round)
        }
    }

    /// A broker that lets us in and drops us is no better than one that is not there.
    @Test func aBrokerThatDropsEveryConnectionIsLeftForTheNext() async throws {
        let (first, second) = (try ScriptedBroker(), try ScriptedBroker())
        let connection = MQTTConnection(
            settings: settings(first.port, second.port), will: { _ in nil })
        await connection.hurry()
        await connection.start()
        await first.close(try await first.welcome().client)
        #expect(try await connection.nextLink().isPreferred)
        #expect(try await connection.nextFailure().failure.code == .closed)
        _ = try await second.welcome()
        #expect(try await connection.nextLink().isPreferred == false)
    }

    /// A Sparkplug host that is not at this broker may be at the next one.
    @Test func whoLeavesGoesToTheNext() async throws {
        let (first, second) = (try ScriptedBroker(), try ScriptedBroker())
        let connection = MQTTConnection(
            settings: settings(first.port, second.port), will: { _ in nil })
        await connection.hurry()
        await connection.start()
        for broker in [first, second, first] {
            _ = try await broker.welcome()
            #expect(try await connection.nextLink().broker.hasSuffix(":\(broker.port)"))
            await connection.leave(farewell: nil, reason: "the host is offline")
            #expect(try await connection.nextFailure().failure.code == .stopped)
        }
    }

    @Test func eachBrokerIsSpokenToInItsVersion() async throws {
        let (old, new) = (try ScriptedBroker(), try ScriptedBroker())
        let connection = MQTTConnection(
            settings: settings(old.port, new.port), will: { _ in nil })
        await connection.hurry()
        await connection.start()
        let refused = try await old.accept()
        #expect(try await old.packet(of: refused).protocolLevel == 5)
        await old.send(.connack(version: 4, code: 1), to: refused)
        let (client, connect) = try await old.welcome(4)
        #expect(connect.protocolLevel == 4)
        #expect(try await connection.nextLink().protocolVersion == .v311)
        await old.close(client)
        _ = try await connection.nextFailure()
        #expect(try await new.welcome().connect.protocolLevel == 5)
        #expect(try await connection.nextLink().protocolVersion == .v5)
    }

    // MARK: Back to the first

    /// Two real brokers; the first one comes late. The link to the second stays until the first
    /// has answered, what is on its way arrives, and who listens at the second learns that the
    /// gateway is gone from there.
    @Test(arguments: [BrokerSettings.ProtocolChoice.v5, .v311])
    func theFirstBrokerIsGoneBackTo(choice: BrokerSettings.ProtocolChoice) async throws {
        let absent = try await MosquittoBroker(in: folder)
        try await absent.end()
        let second = try await MosquittoBroker(in: folder)
        let subscriber = try await second.subscriber(to: "status", count: 1)
        var settings = settings(absent.port, second.port)
        settings.failBack = .milliseconds(100)
        settings.protocolChoice = choice
        let connection = MQTTConnection(settings: settings, will: { _ in .status("gone") })
        await connection.start()
        let link = try await connection.nextLink()
        #expect(!link.isPreferred)
        // Looked at, not there: the link is as it was.
        while connection.statistics.preferredFailure == nil { await Task.yield() }
        #expect(connection.statistics.preferredFailure?.code == .refused)
        await connection.publish(OutboundMessage("m"), 1, over: link)
        #expect(try await connection.nextSettled(1) == [1])

        let first = try await MosquittoBroker(in: folder, port: absent.port)
        guard case .leaving = await connection.nextEvent() else {
            Issue.record("the link is not left")
            return
        }
        let (failure, nextTry) = try await connection.nextFailure()
        #expect(failure.code == .failBack && nextTry != nil)
        #expect(
            failure.message == "mqtt://127.0.0.1:\(first.port) is back; the link to "
                + "mqtt://127.0.0.1:\(second.port) was left for it")
        let back = try await connection.nextLink()
        #expect(back.isPreferred && back.number == 2)
        #expect(connection.statistics.preferredFailure == nil)
        _ = try await subscriber.line(containing: "0 gone")
        await connection.publish(OutboundMessage("m"), 2, over: back)
        #expect(try await connection.nextSettled(1) == [2])
        await connection.stop(farewell: nil, within: .seconds(1))
    }

    /// What is on its way gets its time, and nothing is put behind it.
    @Test func theLinkIsLeftWhenNothingIsOutstanding() async throws {
        let (first, second) = (try ScriptedBroker(), try ScriptedBroker())
        var settings = settings(first.port, second.port)
        settings.failBack = .milliseconds(50)
        let connection = await MQTTConnection.started(settings)
        let refused = try await first.accept()
        await first.close(refused)
        let client = try await second.welcome().client
        let link = try await connection.nextLink()
        await connection.publish(OutboundMessage("m"), 1, over: link)
        let publish = try await second.packet(of: client)

        // The look has another name, and ends without a will.
        let (look, connect) = try await first.welcome()
        #expect(String(decoding: connect.body, as: UTF8.self).contains("cabinet-look"))
        guard case .leaving = await connection.nextEvent() else {
            Issue.record("the link is not left")
            return
        }
        #expect(try await first.packetsToTheEnd(of: look).map(\.kind) == [.disconnect])
        #expect(await connection.publish(OutboundMessage("m"), 2, over: link) == .windowFull)
        await second.send(.puback(publish), to: client)
        #expect(try await connection.nextSettled(1) == [1])
        #expect(try await connection.nextFailure().failure.code == .failBack)
        let rest = try await second.packetsToTheEnd(of: client)
        #expect(rest.map(\.kind) == [.disconnect] && rest[0].body.first == 0x04)
        _ = try await first.welcome()
        #expect(try await connection.nextLink().isPreferred)
    }

    /// The client identifier of a look may be one that the broker does not let in; it is there.
    @Test(arguments: [UInt8(0x85), 0x87])
    func aBrokerThatDoesNotKnowTheLookIsBack(code: UInt8) async throws {
        let (first, second) = (try ScriptedBroker(), try ScriptedBroker())
        var settings = settings(first.port, second.port)
        settings.failBack = .milliseconds(50)
        let connection = await MQTTConnection.started(settings)
        await first.close(try await first.accept())
        _ = try await second.welcome()
        _ = try await connection.nextLink()
        let look = try await first.accept()
        _ = try await first.packet(of: look)
        await first.send(.connack(code: code), to: look)
        guard case .leaving = await connection.nextEvent() else {
            Issue.record("the link is not left")
            return
        }
        #expect(try await connection.nextFailure().failure.code == .failBack)
    }

    // MARK: What a link carries

    @Test func bytesAndRoundTripsAreCounted() async throws {
        let broker = try await MosquittoBroker(in: folder)
        let connection = await MQTTConnection.started(.local(broker.port))
        let link = try await connection.nextLink()
        #expect(connection.statistics.roundTripMedian == nil)
        let text = String(repeating: "x", count: 10_000)
        for number in 1...3 as ClosedRange<UInt64> {
            await connection.publish(OutboundMessage(text), number, over: link)
            #expect(try await connection.nextSettled(1) == [number])
        }
        let unanswered = OutboundMessage("m", qos: .atMostOnce)
        await connection.publish(unanswered, 4, over: link)
        #expect(try await connection.nextSettled(1) == [4])
        let statistics = connection.statistics
        #expect(statistics.publishes == 4 && statistics.acknowledged == 3)
        #expect(statistics.refused == 0 && statistics.links == 1 && statistics.failedTries == 0)
        #expect((30_000...40_000).contains(statistics.bytesSent))
        // A CONNACK and three PUBACK.
        #expect((15...200).contains(statistics.bytesReceived))
        let median = try #require(statistics.roundTripMedian)
        let slow = try #require(statistics.roundTrip95)
        #expect(median > .zero && median <= slow)
        await connection.stop(farewell: nil, within: .seconds(1))
    }
}
