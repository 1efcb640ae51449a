import Console
import FoundationEssentials
import Settings
import Telemetry
import TestSupport
import Testing

@testable import Technician

@Suite struct SetupWizardTests {
    @Test func aCabinetIsFoundAndWritten() async throws {
        let cabinet = try SetupCabinet()
        let (screen, failure) = try await cabinet.run()
        try #require(failure == nil, "\(screen.joined(separator: "\n"))")
        let text = try String(contentsOfFile: cabinet.paths.configuration, encoding: .utf8)
        #expect(
            text.hasSuffix(
                """
                buses:
                  modbus-1: {modbus-tcp: {host: plc, port: 502}}
                  i2c-1: {i2c: {path: /dev/i2c-1}}

                devices:
                  meter-1:
                    profile: eastron-sdm630
                    bus: modbus-1
                    unit-id: 1
                  meter-2:
                    profile: eastron-sdm630
                    bus: modbus-1
                    unit-id: 2
                    order: CDAB  # the order of words, as it was found at the device
                  air:
                    driver: lm75
                    bus: i2c-1
                    address: 0x48
                  lines:
                    driver: gpio
                    points:
                      door: {line: GPIO17, bias: pull-up, active-low: true, debounce: 20ms,
                        urgent: true}

                """), "\(text)")
    }

    @Test func theOrderThatIsRightStandsOut() async throws {
        let (screen, _) = try await SetupCabinet().run()
        let table = try #require(screen.first { $0.hasPrefix("POINT") })
        let row = try #require(table.split(separator: "\n").first { $0.hasPrefix("voltage-l1") })
        #expect(row.split(separator: " ").map(String.init).dropFirst(3).first == "230.5")
        #expect(screen.contains { $0.contains("! voltage-l1") })
    }

    @Test func valuesOfAllKindsOfDevicesAreShown() async throws {
        let screen = try await SetupCabinet().run().screen.joined(separator: "\n")
        #expect(screen.contains("voltage-l1         230.5 V"))
        #expect(screen.contains("temp  25.50 Cel"))
        #expect(screen.contains("door  false"))
    }

    @Test func aDeviceThatIsLeftOutRemainsToBeDone() async throws {
        let cabinet = try SetupCabinet()
        let answers = SetupCabinet.answers.replacing(
            "{profile: eastron-sdm630, name: meter-1, right: yes}", with: "{profile: skip}")
        let (screen, failure) = try await cabinet.run(answers)
        #expect(failure == nil)
        #expect(screen.contains { $0.contains("modbus-1/1 was left out") })
        #expect(screen.contains { $0.contains("the uplink is not proven: ") })
    }

    /// A profile whose registers the device does not have.
    @Test func whatCannotBeReadIsNotRight() async throws {
        let cabinet = try SetupCabinet()
        try cabinet.folder.write(
            "profiles/far.yaml",
            """
            profile: far
            title: registers far away
            source: none
            points: {far: {input: 9000}}
            """)
        let answers = SetupCabinet.answers.replacing(
            "eastron-sdm630, name: meter-1", with: "far, name: meter-1")
        let (_, failure) = try await cabinet.run(answers)
        guard case .answers(let reason) = failure else {
            Issue.record("\(String(describing: failure))")
            return
        }
        #expect(reason.hasPrefix("`devices.modbus-1/1.right: yes` is not possible"))
    }

    @Test func nobodyHasToWaitForADoor() async throws {
        let screen = try await SetupCabinet().run(
            person: ["none", "cabinet-7", "none", "GPIO17", "door", "ground", "yes"])
        let place = try #require(screen.firstIndex(of: "pressed Enter"))
        #expect(screen[place - 1].contains("Enter goes on"), "\(screen)")
        #expect(screen[place + 1] == "  no change was seen", "\(screen)")
        #expect(screen.contains("uplink.broker []"))
    }

    @Test func aStepThatIsTakenAgainLeavesItsOpenPointsOnce() async throws {
        let cabinet = try SetupCabinet()
        let screen = await cabinet.run(
            person: ["none", "cabinet-7", "none", "none"]
                + ["mqtt://127.0.0.1:1", "none", "senml", "keep", "b"]
                + ["", "", "", "keep", "yes", "no"])
        #expect(screen.count { $0.contains("- the uplink is not proven: ") } == 1, "\(screen)")
        #expect(screen.contains { $0.contains("no device is set up") })
    }

    @Test func backGoesToTheStepThatHasAskedLast() async throws {
        var cabinet = try SetupCabinet()
        cabinet.environment.freeLines = { _ in [] }
        let screen = await cabinet.run(person: ["none", "cabinet-7", "none", "b", "b", ""])
        let asked = screen.filter { $0.hasSuffix("]") }.map { $0.prefix { $0 != " " } }
        #expect(asked == ["board", "site", "buses", "uplink.broker", "buses", "site", "buses"])
        // What was answered before is suggested.
        #expect(screen.contains("site [cabinet-7]") && screen.contains("buses [none]"))
        #expect(screen.last?.contains("nothing was written") == true, "\(screen)")
    }

    @Test func pathsAreWholeWhereverTheWizardRuns() {
        let paths = SetupPaths(configuration: "c.yaml", socket: "s", within: "/home/x")
        #expect(paths.configuration == "/home/x/c.yaml" && paths.control == "/home/x/s")
        #expect(paths.secret == "/home/x/secrets/mqtt")
    }

    @Test func whereNothingAnswersThatIsSaidWithWhatToLookAt() async throws {
        var cabinet = try SetupCabinet()
        cabinet.environment.adapters = { [] }
        let answers = """
            board: none
            site: cabinet-7
            buses: plc
            units: 9
            empty: {modbus-1: no}
            """
        let (screen, _) = try await cabinet.run(answers)
        #expect(screen.contains { $0.contains("are A and B the right way round") })
    }

    @Test(arguments: [
        (0.0, "V", true), (230, "V", true), (1e-38, "V", false), (1e20, "kWh", false),
        (.nan, "", false), (5000, "Hz", false), (21.5, "Cel", true), (900, "Cel", false),
    ])
    func plausibleIsWhatASensorShows(_ value: Double, _ unit: String, _ isPlausible: Bool) {
        #expect(Plausibility.isPlausible(.double(value), unit: unit) == isPlausible)
    }

    @Test(arguments: [
        (230.46, "230.5"), (1.234, "1.23"), (0.97, "0.9700"), (-6.04e-7, "-6.0e-7"),
        (2.24e20, "2.2e20"), (.infinity, "inf"), (0, "0"),
    ])
    func valuesAreShownAsAPersonComparesThem(_ value: Double, _ text: String) {
        #expect(Value.double(value).shown == text)
    }
}

@Suite struct InterviewTests {
    private func interview(_ answers: String) throws -> Interview {
        Interview(
            try ScriptedAnswers(SettingsFile(text: answers, name: "a.yaml")) { _ in })
    }

    @Test func aListAnswersAQuestionThatComesAgain() throws {
        let interview = try interview("right: [no, yes]\n")
        #expect(try !interview.confirm(["right"], "?"))
        #expect(try interview.confirm(["right"], "?"))
        #expect(throws: AnswerStop.self) { try interview.confirm(["right"], "?") }
    }

    @Test func answersThatAreKeptAreAFileThatAnswersAlike() throws {
        let text = """
            # Answers for `armadio setup --answers FILE`.
            site: cabinet-1
            devices:
              modbus-1/1:
                name: m
                right: [no, yes]
              modbus-1/2:
                name: "a b: \\"c\\""

            """
        let interview = try interview(text)
        for key in [["site"], ["devices", "modbus-1/1", "name"]] {
            _ = try interview.ask(Question(key, "?")) { .fits($0) }
        }
        for _ in 0..<2 { _ = try interview.confirm(["devices", "modbus-1/1", "right"], "?") }
        let name = try interview.ask(Question(["devices", "modbus-1/2", "name"], "?")) { text in
            Interview.Verdict.fits(text)
        }
        #expect(name == "a b: \"c\"")
        #expect(interview.file == text)
    }

    @Test func linesAreBrokenAtBlanks() {
        #expect(wrapped("  one two three", columns: 9) == "  one two\n  three")
        #expect(wrapped("x\n- one two", columns: 6) == "x\n- one\n  two")
    }
}
