import Glibc
import TestSupport
import Testing

extension LabTests {
    /// `armadio setup` at a whole cabinet: three meters on a serial line, a kernel's chip and line,
    /// a broker with TLS.
    @Suite(.serialized) struct SetupCommandTests {
        private let lab: Lab
        private let folder: TestFolder
        private let line: SimulatedLine
        private let broker: SecuredBroker

        init() async throws {
            lab = try Lab()
            // The lab's root keeps no owners; its /run does.
            folder = try TestFolder(below: "/run")
            line = try await SimulatedLine(units: 3, profile: "meter", faults: ["swapped:2"])
            broker = try await SecuredBroker(in: folder)
        }

        private func answers() throws -> String {
            try folder.write(
                "answers.yaml",
                """
                board: none
                site: lab
                buses: "\(line.path), \(Lab.adapter)"
                units: 1-3
                devices:
                  modbus-1/1: {profile: eastron-sdm630, name: meter-1, right: yes}
                  modbus-1/2:
                    {profile: eastron-sdm630, name: meter-2, right: [no, yes], order: CDAB}
                  modbus-1/3: {profile: eastron-sdm630, name: meter-3, right: yes}
                  i2c-0/0x20: {driver: skip}
                  i2c-0/0x40: {driver: skip}
                  i2c-0/0x48: {driver: lm75, name: air, right: yes}
                  i2c-0/0x49: {driver: skip}
                lines: door
                line-points:
                  door: {name: door, contact: plain, right: yes}
                uplink:
                  broker: mqtts://localhost:\(broker.port)
                  ca: \(broker.authority)
                  username: \(SecuredBroker.user)
                  password: {file: \(broker.passwordFile)}
                  session: senml
                write: yes
                start: try

                """)
        }

        private var configuration: String { folder.path("cabinet.yaml") }

        /// `armadio setup` for a cabinet in the test's folder.
        private func setup(_ options: String...) -> [String] {
            ["setup"] + options + [
                "-c", configuration, "--journal", folder.path("journal"), "--socket",
                folder.path("control.sock"),
            ]
        }

        private func readings() async throws -> SenMLReadings {
            SenMLReadings(
                subscriber: try await broker.subscriber(
                    to: "armadio/lab/telemetry", format: "%p"), gateway: "lab")
        }

        /// The answers, and nothing else: no configuration, no journal, no gateway.
        @Test func answersAloneLeadFromNothingToConfirmedTelemetry() async throws {
            try await lab.set(0, of: 0x48, to: 0x1980)
            try lab.pull("door", up: false)
            let readings = try await readings()
            let outcome = try await TestProcess(
                armadio: setup("--answers", try answers())
            ).run()
            try #require(outcome.code == 0, "\(outcome)")
            try await expectProof(outcome.output, readings, isOpen: false)
        }

        /// A person at a terminal, who opens the door when asked to.
        @Test func aPersonComesFromNothingToConfirmedTelemetry() async throws {
            try await lab.set(0, of: 0x48, to: 0x1980)
            try lab.pull("door", up: false)
            let readings = try await readings()
            var person = TestPerson(at: try TestTerminal([try TestProcess.armadio] + setup()))
            try await person.answer("Which board is it?", "none")
            try await person.answer("What is the gateway called?", "lab")
            try await person.answer(
                "Where are devices connected?", "\(line.path), \(Lab.adapter)")
            try await person.setUpThreeMeters()
            try await chooseTheChip(&person)
            try await chooseTheDoor(&person)
            try await person.connect(to: broker, password: SecuredBroker.password)
            try await person.answer("Write this to", "")
            try await person.answer("How is it proven", "try")
            let code = await person.terminal.end()
            let text = await person.terminal.text
            try #require(code == 0, "\(text)")
            #expect(!text.contains(SecuredBroker.password))
            try await expectProof(text, readings, isOpen: true)
        }

        private func chooseTheChip(_ person: inout TestPerson) async throws {
            try await person.answer("i2c-0/0x20: which chip is it?", "skip")
            try await person.answer("i2c-0/0x40: which chip is it?", "skip")
            try await person.answer("i2c-0/0x48: which chip is it?", "lm75")
            try await person.answer("What is i2c-0/0x48 called?", "air")
            try await person.answer("air says now:", "yes")
            try await person.answer("i2c-0/0x49: which chip is it?", "skip")
        }

        private func chooseTheDoor(_ person: inout TestPerson) async throws {
            try await person.answer("Which GPIO lines are wired?", "door")
            try await person.answer("What is the point at door called?", "door")
            try await person.answer("door: how is the contact wired?", "plain")
            try await person.terminal.output { $0.contains("Open or close it now (door)") }
            try lab.pull("door", up: true)
            try await person.answer("Is this right?", "yes")
        }

        /// What setup has said, and what it remembers to be done: the gateway for good.
        private func expectProof(
            _ output: String, _ readings: SenMLReadings, isOpen: Bool
        ) async throws {
            #expect(output.contains("acknowledged and seen back"))
            #expect(output.contains(/temp +25\.50 Cel/))
            for device in ["meter-1", "meter-2", "meter-3", "air", "lines"] {
                #expect(output.contains("ok    \(device) answers"))
            }
            #expect(output.contains("armadio run -c"))
            let gateway = try TestProcess(armadio: ["run", "-c", configuration])
            try await gateway.start()
            _ = try await gateway.line(containing: "gateway lab runs", on: .errors)
            try await expectAll(readings, isOpen: isOpen)
            try lab.pull("door", up: !isOpen)
            _ = try await readings.readings {
                $0.name == "lines/door" && $0.value == "\(!isOpen)"
            }
            #expect(try await gateway.end(SIGTERM).code == 0)
        }

        /// A reading of each device arrives, as it is.
        private func expectAll(_ readings: SenMLReadings, isOpen: Bool) async throws {
            var missing: Set = [
                "meter-1/voltage-l1", "meter-2/voltage-l1", "meter-3/voltage-l1", "air/temp",
                "lines/door",
            ]
            let all = try await readings.readings {
                missing.remove($0.name)
                return missing.isEmpty
            }
            for reading in all where reading.name.hasSuffix("voltage-l1") {
                #expect((220...240).contains(Double(reading.value) ?? 0), "\(reading)")
            }
            #expect(all.first { $0.name == "air/temp" }?.value == "25.5")
            #expect(all.last { $0.name == "lines/door" }?.value == "\(isOpen)")
        }
    }
}
