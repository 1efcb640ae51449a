import Glibc
import TestSupport
import Testing

extension LabTests {
    /// The whole binary over the kernel's I2C: chips set by another program.
    @Suite(.serialized) struct I2CCabinetTests {
        private let lab: Lab
        private let folder: TestFolder

        init() throws {
            lab = try Lab()
            folder = try TestFolder()
            try folder.write(
                "cabinet.yaml",
                """
                gateway: cabinet-0042
                uplink: {broker: "mqtt://127.0.0.1:1"}
                journal: {path: \(folder.path)/journal}
                control: {socket: \(folder.path)/control.sock}
                buses:
                  chips: {i2c: {path: \(Lab.adapter)}}
                devices:
                  air: {driver: lm75, bus: chips, address: 0x48, interval: 200ms}
                  supply:
                    {driver: ina226, bus: chips, address: 0x40, shunt: 0.002, interval: 200ms}
                  volts: {driver: ads1115, bus: chips, address: 0x49, interval: 200ms}
                  lines:
                    driver: mcp23017
                    bus: chips
                    points:
                      door: {pin: A0, bias: pull-up, active-low: true}
                      window: {pin: B7}
                      lamp: {pin: B0, writable: {initial: on}}
                  absent: {driver: lm75, bus: chips, address: 0x4f}

                """)
        }

        @Test func readsChipsThatAnotherProgramSet() async throws {
            try await lab.set(0, of: 0x48, to: 0x1980)
            try await lab.set(1, of: 0x40, to: 0x1F40)
            try await lab.set(2, of: 0x40, to: 0x2570)
            let air = try await read("air")
            #expect(air.errors == "")
            #expect(air.output.contains(/air\/temp +25.5 +Cel +good/))
            let supply = try await read("supply")
            #expect(supply.output.contains(/supply\/voltage +11.98 +V +good/))
            #expect(supply.output.contains(/supply\/current +10 +A +good/))
            #expect(supply.output.contains(/supply\/power +119.8 +W +good/))
            #expect(try await lab.word(0, of: 0x40) == 0x4527)
        }

        @Test func readsConverterAndExpander() async throws {
            try await lab.set(0, of: 0x49, to: 0x4000)
            let volts = try await read("volts")
            #expect(volts.errors == "")
            #expect(volts.output.contains(/volts\/in0 +2.048 +V +good/))
            // The pins of port A are low, the highest of port B is high.
            try await lab.set(0x12, of: 0x20, to: 0x0000)
            try await lab.set(0x13, of: 0x20, to: 0x8000)
            let lines = try await read("lines")
            #expect(lines.errors == "")
            #expect(lines.output.contains(/lines\/door +true +good/))
            #expect(lines.output.contains(/lines\/window +true +good/))
            // Directions, pull-ups and outputs as another program reads them: low bytes.
            #expect(try await lab.word(0x00, of: 0x20) >> 8 == 0xFF)
            #expect(try await lab.word(0x01, of: 0x20) >> 8 == 0xFE)
            #expect(try await lab.word(0x0C, of: 0x20) >> 8 == 0x01)
            #expect(try await lab.word(0x15, of: 0x20) >> 8 == 0x01)
        }

        @Test func saysWhatToLookAtWhenAChipIsAbsent() async throws {
            let outcome = try await read("absent")
            #expect(outcome.code == 4)
            #expect(
                outcome.errors == "armadio: chips: device 0x4f on /dev/i2c-0 does not acknowledge; "
                    + "is it wired and powered, is the address right?\n")
        }

        /// A gateway whose chips go away says so and finds them again, and starts them anew: power
        /// may have been away too.
        @Test func findsChipsAgainThatWereAway() async throws {
            try await lab.set(0, of: 0x48, to: 0x1980)
            let gateway = try TestProcess(armadio: ["run", "-c", folder.path("cabinet.yaml")])
            try await gateway.start()
            _ = try await gateway.line(containing: "gateway cabinet-0042 runs", on: .errors)
            try await status { $0.contains(/air +ok/) && $0.contains(/supply +ok/) }
            try await lab.unplug()
            try await status { $0.contains(/air +failing/) && $0.contains(/supply +failing/) }
            try await lab.plug()
            try await status { $0.contains(/air +ok/) && $0.contains(/supply +ok/) }
            #expect(try await lab.word(0, of: 0x40) == 0x4527)
            #expect(try await gateway.end(SIGTERM).code == 0)
        }

        private func read(_ target: String) async throws -> TestProcess.Outcome {
            try await TestProcess(armadio: ["read", target, "-c", folder.path("cabinet.yaml")])
                .run()
        }

        /// Asks for the status until it fits.
        private func status(until fits: (String) -> Bool) async throws {
            let deadline = ContinuousClock.now + .seconds(60)
            while true {
                let text = try await TestProcess(
                    armadio: ["status", "-c", folder.path("cabinet.yaml")]
                ).run().output
                if fits(text) { return }
                try #require(ContinuousClock.now < deadline, "\(text)")
            }
        }
    }
}
