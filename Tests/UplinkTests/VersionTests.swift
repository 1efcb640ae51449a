import Testing

@testable import Uplink

/// Which version of MQTT is spoken with brokers that do not speak every one.
@Suite(.timeLimit(.minutes(2))) struct VersionTests {
    /// Refusals as brokers send them: a 3.1.1 broker's (section 3.2.2.3), and an MQTT 5 broker's
    /// that has version 5 switched off.
    private static let refusals: [MQTTPacket] = [
        .connack(version: 4, code: 1), .connack(version: 5, code: 0x84),
    ]

    @Test(arguments: refusals)
    func aBrokerThatRefusesVersionFiveIsSpokenToInTheOlderOneForGood(
        refusal: MQTTPacket
    ) async throws {
        let broker = try ScriptedBroker()
        let connection = MQTTConnection(
            settings: .local(broker.port), will: { _ in .status("offline") })
        await connection.hurry()
        await connection.start()
        let refused = try await broker.accept()
        #expect(try await broker.packet(of: refused).protocolLevel == 5)
        await broker.send(refusal, to: refused)
        await broker.close(refused)
        for number in 1...2 as ClosedRange<UInt64> {
            let (client, connect) = try await broker.welcome(4)
            #expect(connect.protocolLevel == 4 && connect.isCleanStart)
            // Without an event in between: nothing has failed yet.
            let link = try await connection.nextLink()
            #expect(link.protocolVersion == .v311 && link.number == number)
            #expect(link.maximumPacketSize == nil && link.window == 20)
            await broker.close(client)
            _ = try await connection.nextFailure()
        }
    }

    /// RabbitMQ 3.10 closes the connection when it is spoken to in version 5.
    @Test func aBrokerThatClosesWithoutAnAnswerIsSpokenToInTheOlderOne() async throws {
        let broker = try ScriptedBroker()
        let connection = MQTTConnection(settings: .local(broker.port), will: { _ in nil })
        await connection.hurry()
        await connection.start()
        for _ in 0..<MQTTConnection.unansweredTries {
            let client = try await broker.accept()
            #expect(try await broker.packet(of: client).protocolLevel == 5)
            await broker.close(client)
            #expect(try await connection.nextFailure().failure.code == .closed)
        }
        for _ in 0..<2 {
            let (client, connect) = try await broker.welcome(4)
            #expect(connect.protocolLevel == 4)
            #expect(try await connection.nextLink().protocolVersion == .v311)
            await broker.close(client)
            _ = try await connection.nextFailure()
        }
    }

    @Test(arguments: refusals)
    func aVersionThatWasAskedForIsNotLeft(refusal: MQTTPacket) async throws {
        let broker = try ScriptedBroker()
        var settings = BrokerSettings.local(broker.port)
        settings.protocolChoice = .v5
        let connection = MQTTConnection(settings: settings, will: { _ in nil })
        await connection.hurry()
        await connection.start()
        for _ in 0..<2 {
            let client = try await broker.accept()
            #expect(try await broker.packet(of: client).protocolLevel == 5)
            await broker.send(refusal, to: client)
            let failure = try await connection.nextFailure().failure
            #expect(failure.code == .protocolVersion)
            #expect(failure.message.contains("set the protocol to automatic"))
        }
    }

    @Test func theOlderVersionIsAllThatIsSpokenWhenAskedFor() async throws {
        let broker = try ScriptedBroker()
        var settings = BrokerSettings.local(broker.port)
        settings.protocolChoice = .v311
        let connection = await MQTTConnection.started(settings)
        #expect(try await broker.welcome(4).connect.protocolLevel == 4)
        #expect(try await connection.nextLink().protocolVersion == .v311)
    }

    /// What else a broker may say instead of letting us in.
    @Test(
        arguments: [
            (0x85, ConnectionFailure.Code.clientIdentifier), (0x86, .badCredentials),
            (0x87, .notAuthorized),
            (0x88, .rejected), (0x89, .rejected), (0x9F, .rejected),
        ] as [(UInt8, ConnectionFailure.Code)])
    func aRefusalKeepsItsReason(code: UInt8, expected: ConnectionFailure.Code) async throws {
        let broker = try ScriptedBroker()
        let connection = await MQTTConnection.started(.local(broker.port))
        let client = try await broker.accept()
        _ = try await broker.packet(of: client)
        await broker.send(.connack(code: code), to: client)
        #expect(try await connection.nextFailure().failure.code == expected)
    }

    /// A web server's answer, and an SSH server's, which closes in the middle of what looks like
    /// a packet.
    @Test(arguments: [
        (
            "HTTP/1.1 400 Bad Request\r\nServer: nginx/1.22.1\r\nContent-Type: text/html\r\n"
                + "Content-Length: 0\r\n\r\n",
            ConnectionFailure.Code.protocolError, "not MQTT; check the port"
        ),
        ("SSH-2.0-OpenSSH_9.2p1\r\n", .closed, "closed the connection before it answered; check"),
    ])
    func whatIsNotMQTTIsNamed(
        answer: String, code: ConnectionFailure.Code, words: String
    ) async throws {
        let broker = try ScriptedBroker()
        let connection = await MQTTConnection.started(.local(broker.port))
        let client = try await broker.accept()
        _ = try await broker.packet(of: client)
        await broker.send(Array(answer.utf8), to: client)
        await broker.close(client)
        let failure = try await connection.nextFailure().failure
        #expect(failure.code == code)
        #expect(failure.message.contains(words))
    }
}
