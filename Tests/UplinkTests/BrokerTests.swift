import Glibc
import Platform
import Telemetry
import TestSupport
import Testing

@testable import Uplink

/// The connection against a real broker in another process.
@Suite(.timeLimit(.minutes(2))) struct BrokerTests {
    private func settings(_ port: UInt16) -> BrokerSettings {
        var settings = BrokerSettings(host: "127.0.0.1", port: port, clientID: "test")
        settings.connectTimeout = .seconds(5)
        return settings
    }

    private func message(_ text: String, topic: String = "t") -> OutboundMessage {
        OutboundMessage(topic: topic, payload: Array(text.utf8))
    }

    /// The link, or why there is none.
    private func firstEvent(_ connection: MQTTConnection) async throws -> ConnectionEvent {
        for await event in connection.events { return event }
        throw SystemError("no event", errno: EIO)
    }

    private func link(_ connection: MQTTConnection) async throws -> Link {
        await connection.start()
        switch try await firstEvent(connection) {
        case .connected(let link): return link
        case let event: throw ConnectionFailure(.rejected, "\(event)")
        }
    }

    private func failure(_ settings: BrokerSettings) async throws -> ConnectionFailure {
        let connection = MQTTConnection(settings: settings, will: nil)
        await connection.start()
        let event = try await firstEvent(connection)
        await connection.stop(farewell: nil, within: .zero)
        guard case .disconnected(let failure, _) = event else {
            throw ConnectionFailure(.rejected, "\(event)")
        }
        return failure
    }

    private func subscriber(_ port: UInt16, _ topic: String, count: Int) async throws -> TestProcess
    {
        let subscriber = TestProcess([
            "stdbuf", "-oL", "mosquitto_sub", "-d", "-h", "127.0.0.1", "-p", "\(port)", "-q", "1",
            "-t", topic, "-C",
            "\(count)", "-F", "%r %p",
        ])
        try await subscriber.start()
        _ = try await subscriber.line(containing: "SUBACK")
        return subscriber
    }

    @Test(arguments: [
        (BrokerSettings.ProtocolChoice.automatic, ProtocolVersion.v5), (.v311, .v311), (.v5, .v5),
    ])
    func acknowledgedMessagesAreAtTheSubscriber(
        choice: BrokerSettings.ProtocolChoice, version: ProtocolVersion
    ) async throws {
        let folder = TestFolder()
        let broker = try await Mosquitto(in: folder)
        let subscriber = try await subscriber(broker.port, "t", count: 5)
        var settings = settings(broker.port)
        settings.protocolChoice = choice
        let connection = MQTTConnection(settings: settings, will: nil)
        let link = try await link(connection)
        #expect(link.protocolVersion == version)
        for number in 0..<5 {
            let token = PublishToken(UInt64(number))
            #expect(await connection.publish(message("m\(number)"), as: token, over: link) == .sent)
        }
        var settled: [UInt64] = []
        for await event in connection.events {
            if case .settled(let token) = event { settled.append(token.number) }
            if settled.count == 5 { break }
        }
        #expect(settled == [0, 1, 2, 3, 4])
        let outcome = try await subscriber.end()
        let received = outcome.output.split(separator: "\n").filter { $0.hasPrefix("0 m") }
        #expect(received == ["0 m0", "0 m1", "0 m2", "0 m3", "0 m4"])
        await connection.stop(farewell: nil, within: .seconds(1))
    }

    @Test func theWindowIsNeverExceeded() async throws {
        let folder = TestFolder()
        let broker = try await Mosquitto(in: folder)
        let connection = MQTTConnection(settings: settings(broker.port), will: nil, window: 3)
        let link = try await link(connection)
        await broker.process.signal(SIGSTOP)
        var results: [PublishResult] = []
        for number in 0..<5 {
            results.append(
                await connection.publish(message("x"), as: PublishToken(UInt64(number)), over: link)
            )
        }
        #expect(results == [.sent, .sent, .sent, .windowFull, .windowFull])
        await broker.process.signal(SIGCONT)
        await connection.stop(farewell: nil, within: .seconds(1))
    }

    @Test func whatAnAccessRuleForbidsIsRefusedAndNotSettled() async throws {
        let folder = TestFolder()
        let rules = try folder.write("acl", "topic write allowed\n")
        let broker = try await Mosquitto(in: folder, ["allow_anonymous true", "acl_file \(rules)"])
        let connection = MQTTConnection(settings: settings(broker.port), will: nil)
        let link = try await link(connection)
        _ = await connection.publish(
            message("a", topic: "forbidden"), as: PublishToken(1), over: link)
        _ = await connection.publish(
            message("b", topic: "allowed"), as: PublishToken(2), over: link)
        var (refused, settled): ([UInt64], [UInt64]) = ([], [])
        for await event in connection.events {
            switch event {
            case .refused(let token, let reason):
                #expect(reason == .notAuthorized)
                refused.append(token.number)
            case .settled(let token): settled.append(token.number)
            default: Issue.record("\(event)")
            }
            if refused.count + settled.count == 2 { break }
        }
        #expect(refused == [1] && settled == [2])
        await connection.stop(farewell: nil, within: .seconds(1))
    }

    @Test func aKilledBrokerIsNoticedAndFoundAgain() async throws {
        let folder = TestFolder()
        var broker = try await Mosquitto(in: folder)
        let connection = MQTTConnection(settings: settings(broker.port), will: nil)
        let first = try await link(connection)
        await broker.process.signal(SIGSTOP)
        _ = await connection.publish(message("lost"), as: PublishToken(1), over: first)
        try await broker.process.end(SIGKILL)
        guard case .disconnected(_, let nextTry) = try await firstEvent(connection) else {
            Issue.record("no disconnection")
            return
        }
        #expect(nextTry != nil)
        broker = try await Mosquitto(in: folder, port: broker.port)
        let subscriber = try await subscriber(broker.port, "t", count: 1)
        var second: Link?
        for await event in connection.events {
            if case .connected(let link) = event { second = link }
            if case .settled = event { break }
            guard let link = second, link != first else { continue }
            #expect(
                await connection.publish(message("x"), as: PublishToken(9), over: first)
                    == .notConnected)
            _ = await connection.publish(message("anew"), as: PublishToken(2), over: link)
        }
        // Had the library sent again by itself, `lost` would have come first.
        let received = try await subscriber.end().output.split(separator: "\n")
        #expect(received.filter { $0.hasPrefix("0 ") } == ["0 anew"])
        await connection.stop(farewell: nil, within: .seconds(1))
    }

    @Test func theWillIsPublishedUnlessThereIsAFarewell() async throws {
        let folder = TestFolder()
        let broker = try await Mosquitto(in: folder)
        for (farewell, expected) in [(nil, "1 gone"), ("bye", "1 bye")] as [(String?, String)] {
            let will = OutboundMessage(topic: "status", payload: Array("gone".utf8), retain: true)
            let connection = MQTTConnection(settings: settings(broker.port), will: will)
            _ = try await link(connection)
            if let farewell {
                let message = OutboundMessage(
                    topic: "status", payload: Array(farewell.utf8), retain: true)
                await connection.stop(farewell: message, within: .seconds(2))
            } else {
                // A second client with the same id takes the session over: the first is lost.
                let thief = MQTTConnection(settings: settings(broker.port), will: nil)
                _ = try await link(thief)
                await connection.stop(farewell: nil, within: .zero)
                await thief.stop(farewell: nil, within: .seconds(1))
            }
            let subscriber = TestProcess([
                "mosquitto_sub", "-h", "127.0.0.1", "-p", "\(broker.port)", "-t", "status", "-C",
                "1",
                "-F", "%r %p",
            ])
            #expect(try await subscriber.run().output == expected + "\n")
        }
    }

    @Test func passwordsAreChecked() async throws {
        let folder = TestFolder()
        let passwords = folder.path + "/passwords"
        try await folder.run("mosquitto_passwd -b -c passwords cabinet right; chmod 600 passwords")
        let broker = try await Mosquitto(
            in: folder, ["allow_anonymous false", "password_file \(passwords)"])
        var settings = settings(broker.port)
        settings.userName = "cabinet"
        settings.password = Secret(file: try folder.write("right", "right\n"))
        let connection = MQTTConnection(settings: settings, will: nil)
        _ = try await link(connection)
        await connection.stop(farewell: nil, within: .seconds(1))
        settings.password = Secret(file: try folder.write("wrong", "wrong"))
        let failure = try await failure(settings)
        #expect([.badCredentials, .notAuthorized].contains(failure.code), "\(failure)")
        #expect(!"\(failure)".contains("wrong"), "a secret in a message")
        settings.password = Secret(file: folder.path + "/missing")
        #expect(try await self.failure(settings).message.contains("missing"))
    }

    @Test func onlyTheRightCertificateIsTrusted() async throws {
        let folder = TestFolder()
        try await folder.run(
            """
            for name in ours theirs; do
              openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=$name" \
                -keyout $name.key -out $name.pem 2>/dev/null
            done
            openssl req -newkey rsa:2048 -nodes -subj /CN=broker -keyout broker.key \
              -out broker.csr 2>/dev/null
            printf 'subjectAltName=IP:127.0.0.1' > names
            openssl x509 -req -in broker.csr -CA ours.pem -CAkey ours.key -CAcreateserial -days 2 \
              -extfile names -out broker.pem 2>/dev/null
            chmod 644 broker.key
            """)
        let broker = try await Mosquitto(
            in: folder,
            [
                "allow_anonymous true", "certfile \(folder.path)/broker.pem",
                "keyfile \(folder.path)/broker.key",
            ])
        var settings = settings(broker.port)
        settings.tls = BrokerSettings.TLS(authorities: folder.path + "/ours.pem")
        let connection = MQTTConnection(settings: settings, will: nil)
        _ = try await link(connection)
        await connection.stop(farewell: nil, within: .seconds(1))
        settings.tls = BrokerSettings.TLS(authorities: folder.path + "/theirs.pem")
        #expect(try await failure(settings).code == .tls)
        settings.tls = BrokerSettings.TLS(authorities: folder.path + "/ours.pem")
        settings.host = "localhost"
        let wrongName = try await failure(settings)
        #expect(wrongName.code == .tls, "\(wrongName)")
    }
}
