import Glibc
import Platform
import Telemetry
import TestSupport
import Testing

@testable import Uplink

/// How a lost link is noticed and found again, and that nothing of it lives on.
@Suite(.timeLimit(.minutes(2))) struct ReconnectTests {
    private let clock = SystemClock()

    @Test func aKilledBrokerIsNoticedAndFoundAgain() async throws {
        let folder = try TestFolder()
        var broker = try await MosquittoBroker(in: folder)
        let connection = await MQTTConnection.started(.local(broker.port))
        let first = try await connection.nextLink()
        await broker.process.signal(SIGSTOP)
        await connection.publish(OutboundMessage("lost"), 1, over: first)
        let killed = clock.now()
        try await broker.process.end(SIGKILL)
        let (failure, nextTry) = try await connection.nextFailure()
        #expect(failure.code == .closed)
        #expect(failure.message == "127.0.0.1:\(broker.port) closed the connection")
        #expect(try #require(nextTry) > killed)
        #expect(await connection.publish(OutboundMessage("x"), 2, over: first) == .notConnected)

        broker = try await MosquittoBroker(in: folder, port: broker.port)
        let subscriber = try await broker.subscriber(to: "t", count: 1)
        var event = await connection.nextEvent()
        // Tries that came before the broker was back.
        while case .disconnected(let failure, _) = event, failure.code == .refused {
            event = await connection.nextEvent()
        }
        guard case .connected(let second) = event else { throw Unexpected(event) }
        #expect(second.number == 2)
        #expect(await connection.publish(OutboundMessage("x"), 3, over: first) == .notConnected)
        await connection.publish(OutboundMessage("anew"), 4, over: second)
        #expect(try await connection.nextSettled(1) == [4])
        _ = try await subscriber.line(containing: "0 anew")
        await connection.stop(farewell: nil, within: .seconds(1))
    }

    @Test func nothingIsSentAgainThatTheCallerDoesNotPublishAgain() async throws {
        let broker = try ScriptedBroker()
        let connection = MQTTConnection(settings: .local(broker.port), will: { _ in nil })
        await connection.hurry()
        await connection.start()
        var (client, connect) = try await broker.welcome()
        #expect(connect.isCleanStart)
        let first = try await connection.nextLink()
        await connection.publish(OutboundMessage("lost"), 1, over: first)
        #expect(try await broker.packet(of: client).payload == "lost")
        await broker.close(client)
        _ = try await connection.nextFailure()

        (client, connect) = try await broker.welcome()
        #expect(connect.isCleanStart)
        let second = try await connection.nextLink()
        await connection.publish(OutboundMessage("new"), 2, over: second)
        let packet = try await broker.packet(of: client)
        #expect(packet.payload == "new" && !packet.isDuplicate)
        await broker.send(.puback(packet), to: client)
        #expect(try await connection.nextSettled(1) == [2])
    }

    /// Full jitter: each delay is drawn from a bound that doubles. A broker that lets us in,
    /// takes a message and throws us out does not look like a success.
    @Test func aBrokerThatDropsEveryConnectionIsTriedEverLessOften() async throws {
        let broker = try ScriptedBroker()
        let connection = MQTTConnection(settings: .local(broker.port), will: { _ in nil })
        await connection.hurry()
        await connection.start()
        for round in 0..<6 {
            let bound = await connection.backoff.bound
            #expect(bound == .milliseconds(10 << round))
            let client = try await broker.welcome().client
            let link = try await connection.nextLink()
            await connection.publish(OutboundMessage("birth"), 1, over: link)
            await broker.send(.puback(try await broker.packet(of: client)), to: client)
            #expect(try await connection.nextSettled(1) == [1])
            let dropped = clock.now()
            await broker.close(client)
            let nextTry = try #require(try await connection.nextFailure().nextTry)
            #expect(nextTry >= dropped && nextTry <= clock.now() + bound)
        }
    }

    @Test func delaysGrowFromOneSecondToFiveMinutes() async throws {
        let broker = try ScriptedBroker()
        let connection = MQTTConnection(settings: .local(broker.port), will: { _ in nil })
        var backoff = await connection.backoff
        var bounds: [Duration] = []
        for _ in 0..<40 {
            bounds.append(backoff.bound)
            #expect((.zero...backoff.bound).contains(backoff.next()))
        }
        #expect(bounds.prefix(4) == [.seconds(1), .seconds(2), .seconds(4), .seconds(8)])
        #expect(bounds.suffix(31).allSatisfy { $0 == .seconds(300) })
        #expect(bounds[8] == .seconds(256))
    }

    @Test func aLinkThatLastsIsASuccess() async throws {
        let broker = try ScriptedBroker()
        let connection = MQTTConnection(settings: .local(broker.port), will: { _ in nil })
        await connection.hurry()
        await connection.start()
        for _ in 0..<3 {
            await broker.close(try await broker.welcome().client)
            _ = try await connection.nextLink()
            _ = try await connection.nextFailure()
        }
        #expect(await connection.backoff.failures == 3)
        let client = try await broker.welcome().client
        _ = try await connection.nextLink()
        await connection.age(by: MQTTConnection.stableAfter)
        await broker.close(client)
        _ = try await connection.nextFailure()
        #expect(await connection.backoff.failures == 1)
    }

    /// A host may go as soon as it has come, right behind an outage: the next link does not wait for
    /// as long as after another failure. Who leaves without a farewell was not let in by anybody.
    @Test(arguments: [OutboundMessage("death"), nil])
    func whoSaysFarewellIsBackSoon(_ farewell: OutboundMessage?) async throws {
        let broker = try ScriptedBroker()
        let connection = MQTTConnection(settings: .local(broker.port), will: { _ in nil })
        await connection.hurry()
        await connection.start()
        for _ in 0..<3 {
            await broker.close(try await broker.welcome().client)
            _ = try await connection.nextLink()
            _ = try await connection.nextFailure()
        }
        _ = try await broker.welcome()
        _ = try await connection.nextLink()
        await connection.leave(farewell: farewell, reason: "the host is offline")
        _ = try await connection.nextFailure()
        #expect(await connection.backoff.failures == (farewell == nil ? 4 : 1))
    }

    @Test func aBrokerThatIsNotThereIsNamed() async throws {
        // Bound and not listening: nobody else can come to sit there.
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let failed = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) + getsockname(descriptor, $0, &length)
            }
        }
        try #require(failed == 0)
        let port = UInt16(bigEndian: address.sin_port)
        let failure = try await MQTTConnection.firstFailure(.local(port))
        #expect(failure.code == .refused)
        #expect(failure.message.hasPrefix("127.0.0.1:\(port): nothing listens there; check"))
    }

    @Test func aNameWithoutAnAddressIsNamed() async throws {
        var settings = BrokerSettings.local(1883)
        // RFC 6761 section 6.4: never has an address, and is not asked for on the network.
        settings.host = "broker.invalid"
        let failure = try await MQTTConnection.firstFailure(settings)
        #expect(failure.code == .nameNotResolved)
        #expect(failure.message.hasPrefix("broker.invalid: "))
        #expect(failure.message.contains("check the broker's name"))
    }

    /// `localhost` may be ::1 first, where this broker is not.
    @Test func everyAddressFamilyOfANameIsTried() async throws {
        let broker = try ScriptedBroker()
        var settings = BrokerSettings.local(broker.port)
        settings.host = "localhost"
        let connection = await MQTTConnection.started(settings)
        _ = try await broker.welcome()
        _ = try await connection.nextLink()
    }
}

extension MQTTConnection {
    /// Makes the present link older than it is.
    fileprivate func age(by duration: Duration) {
        guard case .running(var session) = state else { return }
        session.began = session.began - duration
        state = .running(session)
    }
}
