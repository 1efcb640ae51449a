import TestSupport
import Testing

extension LabTests {
    /// What the scans say of the lab's own hardware.
    @Suite(.serialized) struct ScanTests {
        private let lab: Lab
        private let folder: TestFolder

        init() throws {
            (lab, folder) = (try Lab(), try TestFolder())
        }

        @Test func chipsAreFoundAndTheProposalIsFitForUse() async throws {
            try await lab.set(0xFF, of: 0x40, to: 0x2260)
            let outcome = try await TestProcess(armadio: ["scan", "i2c", Lab.adapter]).run()
            #expect(outcome.code == 0)
            #expect(
                outcome.output == """
                    BUS         ADDRESS  CHIP
                    /dev/i2c-0     0x20  mcp23017 or pcf8574
                    /dev/i2c-0     0x40  ina226
                    /dev/i2c-0     0x48  lm75 or tmp102 or ina226 or ina219 or ads1115
                    /dev/i2c-0     0x49  lm75 or tmp102 or ina226 or ina219 or ads1115

                    buses:
                      i2c-0: {i2c: {path: /dev/i2c-0}}
                    devices:
                      mcp23017-20: {driver: mcp23017, bus: i2c-0, address: 0x20, points: {a: {pin: 0}}}  # or pcf8574
                      ina226-40: {driver: ina226, bus: i2c-0, address: 0x40}
                      lm75-48: {driver: lm75, bus: i2c-0, address: 0x48}  # or tmp102, ina226, ina219, ads1115
                      lm75-49: {driver: lm75, bus: i2c-0, address: 0x49}  # or tmp102, ina226, ina219, ads1115

                    """)
            let proposal = outcome.output.drop { $0 != "\n" }.split(separator: "\n\n").last ?? ""
            let path = try folder.write(
                "cabinet.yaml",
                "gateway: lab\nuplink: {broker: \"mqtt://127.0.0.1\"}\n" + proposal + "\n")
            let check = try await TestProcess(armadio: ["check", "-c", path]).run()
            #expect(check.code == 0, "\(check.errors)")
        }

        @Test func aChipOfTheKernelIsNamedAndNotTouched() async throws {
            try await lab.bind("lm75", to: 0x49)
            let outcome = try await TestProcess(armadio: ["scan", "i2c", "--json"]).run()
            try await lab.bind(nil, to: 0x49)
            #expect(outcome.output.contains(#""kernelDriver" : "lm75""#))
        }

        @Test func linesAreListedWithWhoHasThem() async throws {
            let holder = TestProcess(["gpiomon", "--line-buffered", "gpiochip0", "2"])
            try await holder.start()
            try await lab.hasTaken("gpiomon")
            let outcome = try await TestProcess(armadio: ["scan", "gpio"]).run()
            #expect(outcome.code == 0)
            #expect(outcome.output.contains(/door +gpiochip0 +0 +- +input +-/))
            #expect(outcome.output.contains(/s0 +gpiochip0 +2 +- +input +gpiomon/))
        }
    }
}
