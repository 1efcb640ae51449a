import TestSupport
import Testing

/// `armadio check`: what a technician is told who has made a mistake.
@Suite struct CheckTests {
    /// A configuration that is right, line by line.
    private static let right = """
        gateway: cabinet-0042
        uplink:
          broker: mqtts://broker.city.example
          username: cabinet-0042
          password: {file: /etc/armadio/secrets/mqtt}
        buses:
          plc: {modbus-tcp: {host: 192.168.1.20}, response-timeout: 500ms}
        devices:
          meter-1:
            driver: register-map
            bus: plc
            unit-id: 1
            interval: 1s
            points:
              voltage: {input: 0, type: float32, unit: V}
              energy: {input: 342, type: float32, unit: kWh, interval: 1m}

        """

    /// One change that makes it wrong, and all that is said about it: line, column, what, how to
    /// mend.
    struct Mistake: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var right: String
        var wrong: String
        var said: [String]

        init(_ name: String, _ right: String, _ wrong: String, _ said: String...) {
            (testDescription, self.right, self.wrong, self.said) = (name, right, wrong, said)
        }

        /// Makes it in a configuration that is right, and expects `armadio check` to say it.
        func expectSaid(of configuration: String) async throws {
            let folder = try TestFolder()
            var text = configuration
            text.replaceSubrange(try #require(text.firstRange(of: right)), with: wrong)
            let path = try folder.write("cabinet.yaml", text)
            let outcome = try await armadio("check", "-c", path)
            #expect(outcome.code == 2)
            #expect(outcome.output == "")
            #expect(outcome.errors == said.map { "\(path):\($0)\n" }.joined())
        }

        static let all: [Mistake] = [
            .init(
                "a bus misspelled", "bus: plc", "bus: plcc",
                "11:10: there is no bus `plcc`; did you mean `plc`?"),
            .init(
                "a driver misspelled", "driver: register-map", "driver: registermap",
                "10:13: there is no driver `registermap`; did you mean `register-map`?"),
            .init(
                "a key misspelled", "interval: 1s", "intervall: 1s",
                "13:5: unknown key `intervall` in `meter-1`; did you mean `interval`?"),
            .init(
                "a duration without a unit", "interval: 1s", "interval: 1",
                "13:15: `interval`: `1` has no unit; write us, ms, s, m, h or d behind the "
                    + "number, such as 10s"),
            .init(
                "a unit that is none", "unit: kWh", "unit: kilowatthours",
                "16:49: `unit`: `kilowatthours` is not a unit of the SenML registry; use a symbol "
                    + "such as V, A, W, kWh, Hz, Cel, %RH"),
            .init(
                "an address out of range", "input: 342", "input: 70000",
                "16:23: `input` is 70000, which is out of range; write a number from 0 to 65535"),
            .init(
                "two addresses for one point", "input: 342", "input: 342, holding: 342",
                "16:23: the point has two addresses; give one of `holding`, `input`, `coil`, "
                    + "`discrete`, such as `holding: 0`"),
            .init(
                "a password in clear", "password: {file: /etc/armadio/secrets/mqtt}",
                "password: hunter2",
                "5:13: `password` must not stand in the configuration itself; write it to a file "
                    + "with mode 600 and name that: {file: /etc/armadio/secrets/NAME}"),
            .init(
                "a broker without a scheme", "mqtts://broker", "broker",
                "3:11: `broker`: `broker.city.example` is not a broker's address: it must begin "
                    + "with mqtt:// or mqtts://; write mqtts://broker.city.example, or mqtt:// "
                    + "without encryption"),
            .init(
                "a colon without a blank", "driver: register-map", "driver:register-map",
                "11:8: a `:` where no key can be; check the indentation of this line and the one "
                    + "before it, and the blank behind its colon, or put quotes around a value "
                    + "that has `: ` in it"),
            .init(
                "a bracket left open", "{input: 0, type: float32, unit: V}",
                "{input: 0, type: float32, unit: V",
                "15:16: a `{` is not closed, or a comma is missing; put a comma between the "
                    + "entries and a `}` at the end, or quotes around a value that has brackets "
                    + "or commas in it"),
            .init(
                "a tab", "    driver:", "\tdriver:",
                "10:1: the line is indented with a tab; indent with blanks"),
        ]
    }

    @Test(arguments: Mistake.all)
    func saysWhereWhatAndHowToMend(_ mistake: Mistake) async throws {
        try await mistake.expectSaid(of: Self.right)
    }

    /// All mistakes of a file are said at once, and what follows from one is not said.
    @Test func saysAllMistakesAtOnce() async throws {
        let folder = try TestFolder()
        let text = Self.right.replacing("bus: plc", with: "bus: plcc")
            .replacing("unit: kWh", with: "unit: kwh")
        let path = try folder.write("cabinet.yaml", text)
        let outcome = try await armadio("check", "--config", path)
        #expect(outcome.code == 2)
        #expect(
            outcome.errors == """
                \(path):11:10: there is no bus `plcc`; did you mean `plc`?
                \(path):16:49: `unit`: `kwh` is not a unit of the SenML registry; did you mean `kWh`?

                """)
    }

    @Test func saysThatARightOneIsFitForUse() async throws {
        let folder = try TestFolder()
        let path = try folder.write("cabinet.yaml", Self.right)
        let outcome = try await armadio("check", "-c", path)
        #expect(outcome.code == 0)
        #expect(outcome.errors == "")
        #expect(
            outcome.output
                == "\(path): fit for use: gateway cabinet-0042, 1 bus, 1 device, 2 points\n")
    }

    @Test func saysThatAFileIsMissing() async throws {
        let outcome = try await armadio("check", "-c", "/nowhere/cabinet.yaml")
        #expect(outcome.code == 2)
        #expect(outcome.output == "")
        #expect(
            outcome.errors
                == "/nowhere/cabinet.yaml:1:1: the file does not exist; check the name\n")
    }

    @Test func saysWhichCommandWasMeant() async throws {
        let outcome = try await armadio("chekc", "-c", "cabinet.yaml")
        #expect(outcome.code == 64)
        #expect(outcome.output == "")
        #expect(outcome.errors == "armadio: there is no command `chekc`; did you mean `check`?\n")
    }

    @Test(arguments: [
        ["check", "--confg", "cabinet.yaml"], ["check", "--config"], ["quit"],
        ["check", "a", "b"],
        ["read"], ["demo", "--outage", "10-5"], ["demo", "--seconds", "0"],
        ["simulate", "modbus", "--units", "0"], ["simulate", "modbus", "--fault", "broken:1"],
    ])
    func usageErrorsHaveTheirOwnExitCodeAndPointToTheHelp(_ arguments: [String]) async throws {
        let outcome = try await TestProcess(armadio: arguments).run()
        #expect(outcome.code == 64)
        #expect(outcome.output == "")
        #expect(outcome.errors.contains("Usage: armadio"))
        #expect(outcome.errors.contains("--help' for more information."))
    }
}
