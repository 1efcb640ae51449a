import Buses
import Telemetry
import TestSupport
import Testing

@testable import Drivers

/// Chips of the kernel in memory, with files as their drivers write them.
@Suite struct HwmonDriverTests {
    /// Polls channels of a chip.
    private actor Scene {
        let sensors = ScriptedSensorFiles()
        /// Goes on with each look at it.
        private let clock = ManualClock()
        private let driver: HwmonDriver
        private let sink: SampleCollector

        nonisolated var unownedExecutor: UnownedSerialExecutor { sensors.unownedExecutor }

        init(
            _ chip: String, _ channels: [String], scale: String = "1", offset: String = "0",
            step: Duration = .zero
        ) throws {
            let points = try channels.map {
                HwmonDriver.Point(
                    name: $0, channel: try #require(SensorChannel($0)),
                    scale: try #require(SensorNumber(scale)),
                    offset: try #require(SensorNumber(offset)))
            }
            driver = HwmonDriver(
                sensors: sensors,
                address: SensorAddress(points[0].channel.sensorClass, name: chip), points: points)
            driver.arrange(groups: [Array(points.indices)])
            let clock = clock
            sink = SampleCollector {
                defer { clock.advance(by: step) }
                return clock.now()
            }
        }

        func put(
            _ sensorClass: SensorClass, _ name: String,
            _ contents: [String: ScriptedSensorFiles.Content]
        ) async {
            await sensors.put(sensorClass, name, contents)
        }

        func poll() async -> [Sample] {
            let before = sink.samples.count
            await driver.poll(group: 0, into: sink)
            return Array(sink.samples[before...])
        }

        func numbers() async -> [Double?] {
            await poll().map { if case .double(let value) = $0.value { value } else { nil } }
        }

        func qualities() async -> [Quality] { await poll().map(\.quality) }

        var failures: [BusError] { sink.failures }
    }

    // MARK: Values

    /// The units of Documentation/hwmon/sysfs-interface.rst.
    @Test func hwmonHasItsUnits() async throws {
        let channels = [
            "temp1", "in0", "curr1", "power1", "energy1", "humidity1", "fan1", "pwm1",
        ]
        let scene = try Scene("chip", channels)
        await scene.put(
            .hwmon, "chip",
            [
                "temp1_input": .text("-23500"), "in0_input": .text("11980"),
                "curr1_input": .text("-10"), "power1_average": .text("119800000"),
                "energy1_input": .text("123456789012"), "humidity1_input": .text("45300"),
                "fan1_input": .text("2700"), "pwm1": .text("255"),
            ])
        #expect(
            await scene.numbers() == [-23.5, 11.98, -0.01, 119.8, 123456.789012, 45.3, 2700, 100])
        let units = try channels.map { try #require(SensorChannel($0)).quantity.unit.symbol }
        #expect(units == ["Cel", "V", "A", "W", "J", "%RH", "1/min", "%"])
        #expect(units.allSatisfy { Unit($0) != nil })
    }

    /// The units of Documentation/ABI/testing/sysfs-bus-iio.
    @Test func everyUnitIsOneOfSenML() {
        #expect(SensorQuantity.iio.allSatisfy { Unit($0.unit.symbol) != nil })
        #expect(SensorQuantity.hwmon.allSatisfy { Unit($0.unit.symbol) != nil })
    }

    /// bmp280 (drivers/iio/pressure/bmp280-core.c): values that need no scale.
    @Test func readsProcessedChannels() async throws {
        let scene = try Scene("bme280", ["in_temp", "in_pressure", "in_humidityrelative"])
        await scene.put(
            .iio, "bme280",
            [
                "in_temp_input": .text("24520"), "in_pressure_input": .text("100.652968750"),
                "in_humidityrelative_input": .text("45356"),
            ])
        #expect(await scene.numbers() == [24.52, 1006.5296875, 45.356])
    }

    /// (raw + offset) x scale: a channel's own files go before those of all its kind.
    @Test func scalesRawChannels() async throws {
        let scene = try Scene(
            "adc",
            ["in_voltage0", "in_voltage1", "in_voltage0-voltage1", "in_temp", "in_temp_ambient"])
        await scene.put(
            .iio, "adc",
            [
                "in_voltage0_raw": .text("2345"), "in_voltage0_scale": .text("0.010000"),
                "in_voltage1_raw": .text("-16384"), "in_voltage_scale": .text("0.125000000"),
                "in_voltage0-voltage1_raw": .text("100"),
                "in_voltage-voltage_scale": .text("0.5"),
                "in_temp_raw": .text("1720"), "in_temp_offset": .text("-1499"),
                "in_temp_scale": .text("114.5"), "in_temp_ambient_raw": .text("1499"),
            ])
        #expect(await scene.numbers() == [0.02345, -2.048, 0.05, 25.3045, 0])
    }

    @Test(arguments: [
        ("11", "0.1", "1089", 12.079), ("0.3333333333333333", "0", "1500", 0.5),
        ("0.3333333333333333", "-0.1234567890123456", "999999999999999999", 333333333333333.2),
    ])
    func aPointMayBeScaledAndCorrected(
        scale: String, offset: String, raw: String, value: Double
    ) async throws {
        let scene = try Scene("chip", ["in0"], scale: scale, offset: offset)
        await scene.put(.hwmon, "chip", ["in0_input": .text(raw)])
        let number = try #require(await scene.numbers()[0])
        #expect(abs(number - value) <= value.ulp)
    }

    /// The channels that a list of chips shows.
    @Test func aChipsFilesSayItsChannels() {
        let files: Set = [
            "name", "in_voltage0_raw", "in_voltage_scale", "in_voltage0-voltage1_raw",
            "in_temp_input", "in_temp_offset", "out_voltage0_raw", "sampling_frequency",
            "in_accel_x_calibbias", "in_steps_input", "temp1_input",
        ]
        #expect(
            SensorChannel.all(of: SensorChip(.iio, name: "adc", files: files)).map(\.name)
                == ["in_temp", "in_voltage0", "in_voltage0-voltage1"])
        #expect(
            SensorChannel.all(of: SensorChip(.hwmon, name: "lm75", files: files)).map(\.name)
                == ["temp1"])
    }

    // MARK: No values

    @Test func aFaultIsNoValue() async throws {
        let scene = try Scene("chip", ["temp1", "temp2"])
        await scene.put(
            .hwmon, "chip",
            [
                "temp1_input": .text("-128000"), "temp1_fault": .text("1"),
                "temp2_input": .text("21000"), "temp2_fault": .text("0"),
            ])
        #expect(await scene.qualities() == [.notAvailable, .good])
    }

    @Test func aSensorThatIsSwitchedOffHasNoValue() async throws {
        let scene = try Scene("chip", ["temp1", "temp2"])
        await scene.put(.hwmon, "chip", ["temp1_input": .noValue, "temp2_input": .text("21000")])
        #expect(await scene.qualities() == [.notAvailable, .good])
        #expect(await scene.failures.isEmpty)
    }

    @Test(arguments: ["", "n/a", "12 13", "99999999999999999999"])
    func whatIsNoNumberIsUnrepresentable(text: String) async throws {
        let scene = try Scene("chip", ["temp1"])
        await scene.put(.hwmon, "chip", ["temp1_input": .text(text)])
        #expect(await scene.qualities() == [.unrepresentable])
    }

    @Test func aScaleThatIsNoNumberIsUnrepresentable() async throws {
        let scene = try Scene("adc", ["in_voltage0"])
        await scene.put(
            .iio, "adc", ["in_voltage0_raw": .text("1"), "in_voltage_scale": .text("1 dB")])
        #expect(await scene.qualities() == [.unrepresentable])
    }

    // MARK: Failures

    /// Each try of a chip that does not answer costs a time-out on its bus.
    @Test func aChipWhoseBusHangsIsAskedOnce() async throws {
        let scene = try Scene("chip", ["temp1", "temp2"], step: .milliseconds(200))
        await scene.put(.hwmon, "chip", late)
        #expect(await scene.qualities() == [.timeout, .timeout])
        #expect(await scene.sensors.reads == ["temp1_input"])
        await scene.sensors.set("temp1_input", of: "chip", to: .text("20000"))
        #expect(await scene.numbers() == [20, 21])
    }

    /// A sensor that has nothing yet (EAGAIN) costs nothing.
    @Test func aSensorThatIsLateDoesNotSpoilTheOthers() async throws {
        let scene = try Scene("chip", ["temp1", "temp2"], step: .milliseconds(1))
        await scene.put(.hwmon, "chip", late)
        #expect(await scene.qualities() == [.timeout, .good])
    }

    private let late: [String: ScriptedSensorFiles.Content] = [
        "temp1_input": .failure(BusError(.timeout, "late")), "temp2_input": .text("21000"),
    ]

    @Test func aChannelThatFailsDoesNotSpoilTheOthers() async throws {
        let scene = try Scene("chip", ["temp1", "temp2"])
        await scene.put(
            .hwmon, "chip",
            ["temp1_input": .failure(BusError(.system, "EIO")), "temp2_input": .text("21000")])
        #expect(await scene.qualities() == [.busError, .good])
    }

    @Test func aChipThatIsNotThereIsDisconnected() async throws {
        let scene = try Scene("chip", ["temp1", "temp2"])
        #expect(await scene.qualities() == [.disconnected, .disconnected])
        #expect(await scene.failures.count == 1)
    }

    @Test func aChannelThatTheChipHasNotIsNamedWithThoseThatItHas() async throws {
        let scene = try Scene("chip", ["temp2", "temp1"])
        await scene.put(
            .hwmon, "chip",
            [
                "temp1_input": .text("20000"), "temp1_max": .text("80000"), "pwm1": .text("0"),
                "pwm1_enable": .text("1"), "in10_input": .text("1"), "in9_input": .text("1"),
            ])
        #expect(await scene.qualities() == [.illegalAddress, .good])
        #expect(
            await scene.failures.map(\.message)
                == ["the chip chip has no channel temp2; it has in9, in10, pwm1, temp1"])
    }
}
