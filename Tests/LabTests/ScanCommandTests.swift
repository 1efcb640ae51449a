import Glibc
import TestSupport
import Testing

extension LabTests {
    /// `armadio scan` over the kernel's I2C and GPIO.
    @Suite(.serialized) struct ScanCommandTests {
        private let lab: Lab
        private let folder: TestFolder

        init() throws {
            (lab, folder) = (try Lab(), try TestFolder())
        }

        private func expectFit(_ proposal: String) async throws {
            let path = try folder.write("cabinet.yaml", proposal)
            let outcome = try await TestProcess(armadio: ["check", "-c", path]).run()
            #expect(outcome.code == 0, "\(outcome.errors)")
        }

        @Test func chipsAreToldAndProposed() async throws {
            try await lab.set(0xFF, of: 0x40, to: 0x2260)
            try await lab.set(0xFE, of: 0x40, to: 0x5449)
            try await lab.bind("lm75", to: 0x49)
            let outcome = try await TestProcess(armadio: ["scan", "i2c"]).run()
            try await lab.bind(nil, to: 0x49)
            #expect(outcome.code == 0)
            #expect(outcome.errors == "")
            #expect(
                outcome.output.hasPrefix(
                    """
                    # /dev/i2c-0  SMBus stub driver
                    #   0x20  
                    """))
            #expect(
                outcome.output.contains(
                    """
                    #   0x40  INA226 (by its registers)
                    #   0x48  perhaps LM75, LM75B, or TMP102, TMP112, TMP75, or ADS1115, or INA219
                    #   0x49  lm75: a driver of the kernel has it; read it with `driver: hwmon`
                    # Change the first two lines
                    """))
            #expect(
                outcome.output.contains(
                    """
                      ina226-40:
                        driver: ina226
                        bus: i2c-0
                        address: 0x40
                      lm75-48:
                        # or driver: tmp102, ads1115, ina219
                        driver: lm75
                        bus: i2c-0
                        address: 0x48

                    """))
            try await expectFit(outcome.output)
        }

        /// A path, a number of chips as JSON; and a bus that is not there.
        @Test func oneBusIsScanned() async throws {
            let scan = try await TestProcess(armadio: ["scan", "i2c", Lab.adapter, "--json"]).run()
            #expect(scan.code == 0)
            #expect(
                scan.output.matches(of: /"address" : "(0x..)"/).map { String($0.1) }
                    == ["0x20", "0x40", "0x48", "0x49"])
            let absent = try await TestProcess(armadio: ["scan", "i2c", "/dev/i2c-7"]).run()
            #expect(absent.code == 4)
            #expect(absent.errors.contains("/dev/i2c-7 cannot be opened: is I2C switched on"))
        }

        @Test func linesAndWhoHasThemAreTold() async throws {
            try await lab.forgetDirections()
            let holder = TestProcess(["gpiomon", "--line-buffered", "gpiochip0", "0"])
            try await holder.start()
            try await lab.hasTaken("gpiomon")
            let outcome = try await TestProcess(armadio: ["scan", "gpio"]).run()
            let proposal = try await TestProcess(armadio: ["scan", "gpio", "--propose"]).run()
            _ = try await holder.end(SIGTERM)
            #expect(outcome.code == 0)
            #expect(
                outcome.output.replacing(#/\(.*\)/#, with: "(label)") == """
                    gpiochip0 (label), 6 lines
                    LINE  NAME        DIRECTION  ACTIVE  PIN  USED BY
                       0  door        input      high         gpiomon
                       1  relay       input      high
                       2  s0          input      high
                       3  lamp        input      high
                       4  contact     input      high
                       5  mains-fail  input      high

                    """)
            #expect(
                proposal.output.hasSuffix(
                    """
                        points:
                          relay: {line: "relay"}
                          s0: {line: "s0"}
                          lamp: {line: "lamp"}
                          contact: {line: "contact"}
                          mains-fail: {line: "mains-fail"}

                    """))
            try await expectFit(proposal.output)
        }

        /// Where the board's profile knows a line, its own name goes before the kernel's.
        @Test func linesAreToldByTheBoard() async throws {
            try await lab.forgetDirections()
            try folder.write(
                "boards/ours.yaml",
                """
                board: ours
                title: ours
                source: [ours]
                lines:
                  input-1: {line: door}

                """)
            let options = [
                "--boards", folder.path("boards"), "-c",
                try folder.write("ours.yaml", "board: ours\n"),
            ]
            let lines = try await TestProcess(armadio: ["scan", "gpio"] + options).run()
            #expect(lines.output.contains("   0  door        input      high    input-1\n"))
            #expect(lines.output.contains("   1  relay       input      high\n"))
            let proposal = try await TestProcess(
                armadio: ["scan", "gpio", "--propose"] + options
            ).run()
            #expect(proposal.output.contains("      input-1: {line: \"input-1\"}\n"))
        }
    }
}
