import Platform
import TestSupport
import Testing

@testable import Uplink

/// User and password, against a real broker that knows one user.
@Suite(.timeLimit(.minutes(2))) struct LoginTests {
    private let folder: TestFolder
    private let broker: MosquittoBroker

    init() async throws {
        folder = try TestFolder()
        try await folder.run("mosquitto_passwd -b -c passwords cabinet-17 right")
        broker = try await MosquittoBroker(
            in: folder, ["allow_anonymous false", "password_file \(folder.path("passwords"))"])
    }

    private func settings(_ user: String?, _ password: Secret?) -> BrokerSettings {
        var settings = BrokerSettings.local(broker.port)
        settings.userName = user
        settings.password = password
        return settings
    }

    private func secret(_ text: String) throws -> Secret {
        Secret(file: try folder.write("secret", text))
    }

    @Test(arguments: ["right", "right\n", "right\r\n"])
    func theRightPasswordLetsIn(text: String) async throws {
        let connection = await MQTTConnection.started(settings("cabinet-17", try secret(text)))
        _ = try await connection.nextLink()
        await connection.stop(farewell: nil, within: .seconds(1))
    }

    @Test(arguments: [BrokerSettings.ProtocolChoice.v5, .v311])
    func aWrongPasswordIsNamedWithItsUserAndNotTold(
        choice: BrokerSettings.ProtocolChoice
    ) async throws {
        for (user, text) in [("cabinet-17", "secretly wrong"), ("nobody", "right")] {
            var settings = settings(user, try secret(text))
            settings.protocolChoice = choice
            let failure = try await MQTTConnection.firstFailure(settings)
            #expect(failure.code == .notAuthorized)
            #expect(
                failure.message == "127.0.0.1:\(broker.port) does not let user \(user) in; check "
                    + "user name and password, and the broker's access rules")
        }
    }

    @Test func aMissingUserIsNamed() async throws {
        let failure = try await MQTTConnection.firstFailure(settings(nil, nil))
        #expect(failure.code == .notAuthorized)
        #expect(failure.message.contains("client cabinet without a user"))
    }

    /// A broker would only say that the client is not let in.
    @Test func aPasswordWithoutAUserIsOurOwnMistake() async throws {
        let failure = try await MQTTConnection.firstFailure(settings(nil, try secret("right")))
        #expect(failure.code == .local)
        #expect(failure.message.contains("without a user name"))
    }

    @Test func aPasswordThatCannotBeReadSaysWhereItShouldBe() async throws {
        let missing = Secret(file: folder.path("missing"))
        let failure = try await MQTTConnection.firstFailure(settings("cabinet-17", missing))
        #expect(failure.code == .local)
        #expect(failure.message.contains(folder.path("missing") + ": No such file or directory"))
        #expect(failure.message.contains("check that the file exists"))
    }

    @Test func aPasswordOfBytesThatMQTTCannotCarryIsNotCut() async throws {
        let failure = try await MQTTConnection.firstFailure(
            settings("cabinet-17", try secret("right\u{0}and more")))
        #expect(failure.code == .local)
        #expect(failure.message.contains("zero byte"))
    }

    /// The file is read at each try: a technician who corrects it need not restart anything.
    @Test func aCorrectedPasswordIsTakenAtTheNextTry() async throws {
        let connection = MQTTConnection(
            settings: settings("cabinet-17", try secret("wrong")), will: { _ in nil })
        await connection.hurry()
        await connection.start()
        _ = try await connection.nextFailure()
        _ = try secret("right")
        var event = await connection.nextEvent()
        // Tries that began with the old one.
        while case .disconnected(let failure, _) = event, failure.code == .notAuthorized {
            event = await connection.nextEvent()
        }
        guard case .connected = event else { throw Unexpected(event) }
        await connection.stop(farewell: nil, within: .seconds(1))
    }
}
