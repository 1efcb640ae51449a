import Buses
import Glibc
import LinuxBuses
import TestSupport
import Testing

extension LabTests {
    /// The whole binary over chips that the kernel's own drivers have.
    @Suite(.serialized) struct HwmonCabinetTests {
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
                devices:
                  inside:
                    driver: hwmon
                    chip: lm75
                    at: 0-0049
                    interval: 200ms
                    points: {temp1: {}, air: {channel: temp1, offset: -1.5}}
                  adc:
                    driver: hwmon
                    chip: lab
                    points: {in_voltage0: {}, in_voltage1-voltage2: {}, in_accel_x: {}}

                """)
        }

        /// LM75, half degrees in the upper nine bits (TI SNOS808P, section 7.3.2).
        @Test func readsAChipThatTheKernelHas() async throws {
            try await lab.set(0, of: 0x49, to: 0x1980)
            try await lab.bind("lm75", to: 0x49)
            let outcome = try await read("inside")
            try await lab.bind(nil, to: 0x49)
            #expect(outcome.errors == "")
            #expect(outcome.output.contains(/inside\/temp1 +25.5 +Cel +good/))
            #expect(outcome.output.contains(/inside\/air +24 +Cel +good/))
        }

        @Test func saysWhichChipsThereAre() async throws {
            try await lab.bind("lm75", to: 0x48)
            let outcome = try await read("inside")
            try await lab.bind(nil, to: 0x48)
            #expect(outcome.code == 4)
            #expect(outcome.output.contains(/inside\/temp1 .* disconnected/))
            #expect(
                outcome.errors.contains(
                    "hwmon: there is no chip `lm75` at `0-0049`; there are: lm75 (0-0048)"),
                "\(outcome.errors)")
        }

        /// A driver is unbound, and bound again while another chip has taken the number.
        @Test func findsAChipAgainThatWasUnbound() async throws {
            try await lab.set(0, of: 0x49, to: 0x1980)
            try await lab.set(0, of: 0x48, to: 0x0500)
            try await lab.bind("lm75", to: 0x49)
            let gateway = try TestProcess(armadio: ["run", "-c", folder.path("cabinet.yaml")])
            try await gateway.start()
            _ = try await gateway.line(containing: "gateway cabinet-0042 runs", on: .errors)
            try await status { $0.contains(/inside +ok/) }
            try await lab.bind(nil, to: 0x49)
            try await lab.bind("lm75", to: 0x48)
            try await status { $0.contains(/inside +failing/) }
            try await lab.bind("lm75", to: 0x49)
            try await status { $0.contains(/inside +ok/) }
            #expect(try await read("inside").output.contains(/inside\/temp1 +25.5 +Cel +good/))
            #expect(try await gateway.end(SIGTERM).code == 0)
            try await lab.bind(nil, to: 0x49)
            try await lab.bind(nil, to: 0x48)
        }

        /// A chip that goes from the bus still has its driver, whose reads fail.
        @Test func aChipOfAnAdapterThatIsPulledOutIsLost() async throws {
            try await lab.bind("lm75", to: 0x49)
            let sensors = LinuxSensorFiles(name: "hwmon")
            let chip = SensorAddress(.hwmon, name: "lm75", place: "0-0049")
            #expect(try await sensors.text(of: "temp1_input", of: chip) != nil)
            try await lab.unplug()
            let error = await failure { () throws(BusError) in
                try await sensors.text(of: "temp1_input", of: chip)
            }
            #expect(error?.code == .disconnected)
            try await lab.plug()
        }

        /// The kernel's example of an IIO device (drivers/iio/dummy/iio_simple_dummy.c): (73 + 7) x
        /// 0.001333 mV, 33 x 0.000001344 mV, and an acceleration without a scale.
        @Test func readsAnIIODevice() async throws {
            let device = "/sys/kernel/config/iio/devices/dummy/lab"
            try #require(mkdir(device, 0o755) == 0)
            let outcome = try await read("adc")
            try #require(rmdir(device) == 0)
            #expect(outcome.errors == "")
            #expect(outcome.output.contains(/adc\/in_voltage0 +0.00010664 +V +good/))
            #expect(outcome.output.contains(/adc\/in_voltage1-voltage2 +4.4352e-08 +V +good/))
            #expect(outcome.output.contains(/adc\/in_accel_x +34 +m\/s2 +good/))
        }

        private func failure<Value: Sendable>(
            of body: () async throws(BusError) -> Value
        ) async -> BusError? {
            do throws(BusError) {
                _ = try await body()
                return nil
            } catch {
                return error
            }
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
