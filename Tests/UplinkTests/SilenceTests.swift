import Platform
import Telemetry
import Testing

@testable import Uplink

/// Brokers and links that go mute: each wait has an end.
@Suite(.timeLimit(.minutes(2))) struct SilenceTests {
    private let clock = SystemClock()

    private func patient(_ port: UInt16) -> BrokerSettings {
        var settings = BrokerSettings.local(port)
        settings.keepAlive = .seconds(3600)
        settings.inFlightAge = .seconds(3600)
        settings.connectTimeout = .seconds(3600)
        return settings
    }

    @Test func aHalfOpenLinkIsNoticedByTheKeepAlive() async throws {
        let broker = try ScriptedBroker()
        var settings = patient(broker.port)
        settings.keepAlive = .seconds(5)
        let connection = await MQTTConnection.started(settings)
        let (client, connect) = try await broker.welcome()
        #expect(connect.keepAlive == 5)
        _ = try await connection.nextLink()
        let failure = try await connection.nextFailure().failure
        #expect(failure.code == .timeout)
        #expect(failure.message.hasSuffix("gave no sign of life within the keep-alive"))
        #expect(try await broker.packetsToTheEnd(of: client).map(\.kind) == [.ping])
    }

    /// MQTT 5 section 3.2.2.3.14: the broker's word overrides ours, and it drops who is late.
    @Test func theBrokersOwnKeepAliveIsKept() async throws {
        let broker = try ScriptedBroker()
        let connection = await MQTTConnection.started(patient(broker.port))
        let connected = clock.now()
        let (client, connect) = try await broker.welcome(5, [0x13, 0, 2])
        #expect(connect.keepAlive == 3600)
        _ = try await connection.nextLink()
        #expect(try await broker.packet(of: client).kind == .ping)
        #expect(clock.now() - connected >= .seconds(1))
    }

    /// A client that only listens has to say that it is there, however much it hears.
    @Test func aTalkativeBrokerIsPingedAllTheSame() async throws {
        let broker = try ScriptedBroker()
        var settings = patient(broker.port)
        settings.keepAlive = .seconds(5)
        let connection = await MQTTConnection.started(settings)
        let client = try await broker.welcome().client
        _ = try await connection.nextLink()
        let chatter = Task { await broker.chatter(to: client) }
        #expect(try await broker.packet(of: client).kind == .ping)
        chatter.cancel()
        await chatter.value
    }

    @Test func aPublishThatIsNotAcknowledgedInTimeEndsTheLink() async throws {
        let broker = try ScriptedBroker()
        let connection = await MQTTConnection.started(patient(broker.port))
        let client = try await broker.welcome().client
        let link = try await connection.nextLink()
        await connection.publish(OutboundMessage("m"), 1, over: link)
        await connection.publish(OutboundMessage("m"), 2, over: link)
        _ = try await broker.packet(of: client)
        // The later one's receipt does not stand for the earlier one's.
        await broker.send(.puback(try await broker.packet(of: client)), to: client)
        #expect(try await connection.nextSettled(1) == [2])
        await connection.ageOutstanding(by: .seconds(3600))
        let failure = try await connection.nextFailure().failure
        #expect(failure.code == .timeout)
        #expect(failure.message.hasSuffix("did not acknowledge a publish within 1h"))
    }

    @Test func aPortThatNeverAnswersIsGivenUp() async throws {
        let broker = try ScriptedBroker()
        var settings = patient(broker.port)
        settings.connectTimeout = .milliseconds(200)
        let connection = await MQTTConnection.started(settings)
        let client = try await broker.accept()
        let failure = try await connection.nextFailure().failure
        #expect(failure.code == .timeout)
        #expect(failure.message.contains("accepts connections but did not answer within 200ms"))
        #expect(try await broker.packetsToTheEnd(of: client).map(\.kind) == [.connect])
    }

    @Test(
        arguments: [
            (0x8E, "session taken over (0x8e); another client uses the client id cabinet"),
            (0x8B, "server shutting down (0x8b)"),
        ] as [(UInt8, String)])
    func aGoodbyeKeepsItsReason(code: UInt8, words: String) async throws {
        let broker = try ScriptedBroker()
        let connection = await MQTTConnection.started(patient(broker.port))
        let client = try await broker.welcome().client
        _ = try await connection.nextLink()
        await broker.send(MQTTPacket(.disconnect, [code]), to: client)
        let failure = try await connection.nextFailure().failure
        #expect(failure.code == .closed)
        #expect(failure.message == "127.0.0.1:\(broker.port) ended the connection: \(words)")
    }

    /// The library closes its socket then and says nothing of it.
    @Test func aGoodbyeWithoutAReasonIsNoticedAtOnce() async throws {
        let broker = try ScriptedBroker()
        let connection = await MQTTConnection.started(patient(broker.port))
        let client = try await broker.welcome().client
        let link = try await connection.nextLink()
        await broker.send(MQTTPacket(.disconnect, [0]), to: client)
        #expect(try await connection.nextFailure().failure.code == .closed)
        #expect(await connection.publish(OutboundMessage("m"), 1, over: link) == .notConnected)
    }
}

extension MQTTConnection {
    /// Makes what is outstanding older than it is.
    fileprivate func ageOutstanding(by duration: Duration) {
        guard case .running(var session) = state else { return }
        for index in session.outstanding.indices {
            session.outstanding[index].sent = session.outstanding[index].sent - duration
        }
        state = .running(session)
    }
}
