import FoundationEssentials
import TestSupport
import Testing

/// `armadio setup`: from nothing to telemetry that a broker has confirmed.
@Suite struct SetupTests {
    @Test func answersOfAFileLeadToConfirmedTelemetry() async throws {
        let scene = try await SetupScene()
        let outcome = try await scene.setUp(try scene.answers())
        try #require(outcome.code == 0, "\(outcome)")
        let proof = try #require(
            outcome.output.split(separator: "\n").first {
                $0.contains("  connected; a test message")
            })
        #expect(proof.hasSuffix("acknowledged and seen back"), "\(proof)")
        #expect(outcome.output.contains("site: cabinet-0042"))
        let text = try String(contentsOfFile: scene.configuration, encoding: .utf8)
        #expect(text.contains("order: CDAB") && !text.contains(SecuredBroker.password))

        let subscriber = try await scene.subscriber()
        let gateway = try await TestGateway(in: scene.folder)
        let voltages = try await scene.voltages(at: subscriber)
        #expect(
            voltages.keys.sorted() == (1...3).map { "cabinet-0042/meter-\($0)/voltage-l1" })
        #expect(voltages.values.allSatisfy { (220...240).contains($0) }, "\(voltages)")
        let check = try await armadio("setup", "--verify", "-c", scene.configuration)
        #expect(check.code == 0 && check.output.contains("ok    meter-2 answers"), "\(check)")
        try await gateway.stop()
    }

    @Test func aGatewayOfItsOwnProvesDelivery() async throws {
        let scene = try await SetupScene()
        let outcome = try await scene.setUp(
            try scene.answers(replacing: "start: no", with: "start: try"))
        #expect(outcome.code == 0, "\(outcome)")
        #expect(outcome.output.contains("ok    uplink uplink: the broker has acknowledged"))
    }

    @Test func theSecretIsForItsOwnerAlone() async throws {
        let scene = try await SetupScene()
        _ = try await scene.setUp(try scene.answers())
        let attributes = try FileManager.default.attributesOfItem(
            atPath: scene.folder.path("secrets/mqtt"))
        #expect(attributes[.posixPermissions] as? Int == 0o600)
    }

    @Test func answersThatWereSavedDoTheSameAgain() async throws {
        let scene = try await SetupScene()
        let saved = scene.folder.path("saved.yaml")
        _ = try await scene.setUp(try scene.answers(), "--save-answers", saved)
        let first = try String(contentsOfFile: scene.configuration, encoding: .utf8)
        var text = try String(contentsOfFile: saved, encoding: .utf8)
        #expect(text.contains("right: [no, yes]") && !text.contains(SecuredBroker.password))
        text = text.replacing("{env: MQTT_PASSWORD}", with: "{file: \(scene.folder.path)/password}")
        try scene.folder.write("saved.yaml", text)
        let again = try await scene.setUp(saved, "--replace")
        #expect(again.code == 0, "\(again)")
        let second = try String(contentsOfFile: scene.configuration, encoding: .utf8)
        #expect(first == second)
        let before = try String(contentsOfFile: scene.configuration + ".before", encoding: .utf8)
        #expect(first == before)
    }

    // MARK: A gateway that runs

    /// A cabinet with one meter that runs, set up by the wizard.
    private func runningCabinet() async throws -> (SetupScene, TestGateway) {
        let scene = try await SetupScene()
        let others = "  modbus-1/2: {profile: skip}\n  modbus-1/3: {profile: skip}\n"
        let answers = try scene.answers { text in
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            return lines.filter { !$0.contains("modbus-1/2") && !$0.contains("modbus-1/3") }
                .joined(separator: "\n").replacing("lines: none", with: others + "lines: none")
        }
        let outcome = try await scene.setUp(answers)
        try #require(outcome.code == 0, "\(outcome)")
        return (scene, try await TestGateway(in: scene.folder))
    }

    @Test func aRunningGatewayTakesOverWhatWasWrittenOnceItDelivers() async throws {
        let (scene, gateway) = try await runningCabinet()
        let answers = try scene.answers(replacing: "start: no", with: "start: apply")
        let outcome = try await scene.setUp(answers, "--replace")
        #expect(outcome.code == 0, "\(outcome)")
        #expect(outcome.output.contains(/version \d+ is on trial/), "\(outcome.output)")
        #expect(outcome.output.contains("ok    meter-3 answers"))
        #expect(outcome.output.contains(/confirmed: version \d+ is in use/), "\(outcome.output)")
        let status = try await gateway.status { $0.devices.count == 3 }
        #expect(status.devices.allSatisfy { $0.isAnswering })
        let history = try await armadio("config", "history", "-c", scene.configuration)
        #expect(history.output.contains(/2 .*in use/), "\(history)")
        try await gateway.stop()
    }

    /// A password that the broker does not know: the configuration before comes back with its own.
    @Test func whatCutsTheUplinkIsTakenBackAndThatIsSaid() async throws {
        let (scene, gateway) = try await runningCabinet()
        let before = try String(contentsOfFile: scene.configuration, encoding: .utf8)
        try scene.folder.write("other", "battery staple\n")
        let answers = try scene.answers { text in
            text.replacing("start: no", with: "start: apply")
                .replacing("session: senml", with: "session: senml\n  failed: keep")
                .replacing(scene.broker.passwordFile, with: scene.folder.path("other"))
        }
        let outcome = try await scene.setUp(answers, "--replace", "--confirm-within", "30s")
        #expect(outcome.code == 1, "\(outcome)")
        #expect(outcome.output.contains("FAIL  uplink uplink:"), "\(outcome.output)")
        #expect(outcome.output.contains("taken back: not confirmed within 30s; uplink is down"))
        #expect(outcome.errors.contains("what was before is in use again"), "\(outcome.errors)")
        let after = try String(contentsOfFile: scene.configuration, encoding: .utf8)
        #expect(after == before)
        let status = try await gateway.status { $0.uplinks.allSatisfy(\.isUp) }
        #expect(status.devices.count == 1)
        try await gateway.stop()
    }

    // MARK: What does not go

    @Test(arguments: [
        (
            "  modbus-1/3: {profile: eastron-sdm630, name: meter-3, right: yes}\n", "",
            "`devices.modbus-1/3.profile` is missing"
        ),
        ("name: meter-3", "name: meter-1", "there is a device `meter-1` already"),
        ("right: [no, yes]", "right: no", "asked once more than the file has answers (1)"),
        (
            "profile: eastron-sdm630, name: meter-1", "profile: eastron-sdm63, name: meter-1",
            "did you mean `eastron-sdm630`?"
        ),
        (
            "lines: none", "  modbus-1/9: {name: x}\nlines: none",
            "have not been found: modbus-1/9"
        ),
        ("site: cabinet-0042", "site: -bad", "begins with a letter or digit"),
        ("password: {file:", "password: {fil:", "must be {file: PATH} or {env: NAME}"),
    ])
    func anAnswerThatIsMissingOrImpossibleIsNamed(
        _ text: String, _ other: String, _ complaint: String
    ) async throws {
        let scene = try await SetupScene()
        let outcome = try await scene.setUp(
            try scene.answers(replacing: text, with: other))
        #expect(outcome.code == 2)
        #expect(outcome.errors.contains(complaint), "\(outcome.errors)")
        #expect(!FileManager.default.fileExists(atPath: scene.configuration))
    }

    @Test func aWrongPasswordIsToldAndNothingIsWritten() async throws {
        let scene = try await SetupScene()
        try scene.folder.write("password", "wrong")
        let outcome = try await scene.setUp(try scene.answers())
        #expect(outcome.code == 2)
        #expect(outcome.output.contains("password"), "\(outcome.output)")
        #expect(outcome.errors.contains("`uplink.failed` is missing"))
        #expect(!FileManager.default.fileExists(atPath: scene.folder.path("secrets")))
    }

    @Test func withoutTerminalItRefusesWithTheScriptedWay() async throws {
        let outcome = try await armadio("setup", "-c", "/nowhere/cabinet.yaml")
        #expect(outcome.code == 64)
        #expect(outcome.errors.contains("--answers FILE"))
    }

    @Test func aConfigurationThatIsThereStays() async throws {
        let folder = try TestFolder()
        try folder.write("cabinet.yaml", "gateway: mine\n")
        try folder.write("answers.yaml", "board: none\n")
        let outcome = try await armadio(
            "setup", "-c", folder.path("cabinet.yaml"), "--answers", folder.path("answers.yaml"))
        #expect(outcome.code == 1 && outcome.errors.contains("--replace"))
        let text = try String(contentsOfFile: folder.path("cabinet.yaml"), encoding: .utf8)
        #expect(text == "gateway: mine\n")
    }
}
