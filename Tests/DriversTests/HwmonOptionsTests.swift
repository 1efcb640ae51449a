import Settings
import Testing

@testable import Drivers

/// What a technician writes for a chip of the kernel, and what is said of a mistake.
@Suite struct HwmonOptionsTests {
    private func outcome(_ text: String) -> (plan: DevicePlan?, problems: [String]) {
        let file = SettingsFile(text: text, name: "f")
        let plan = DriverKind.hwmon.plan(FileOptions(file: file))
        return (plan, file.problems.map(\.description))
    }

    @Test func pointsHaveTheUnitsOfTheirChannels() throws {
        let outcome = outcome(
            """
            chip: lm75
            at: 0-0048
            points: {temp1: {}, supply: {channel: in0, scale: 11, offset: -0.1}}
            """)
        #expect(outcome.problems == [])
        let channels = try #require(outcome.plan).channels
        #expect(channels.map(\.name) == ["temp1", "supply"])
        #expect(channels.map(\.unit.symbol) == ["Cel", "V"])
        #expect(channels.allSatisfy { !$0.isWritable })
        #expect(DriverKind.hwmon.usualInterval == .seconds(10))
    }

    @Test(arguments: [
        "in0", "temp12", "in_temp", "in_voltage0-voltage1", "in_concentration_co2",
        "in_temp_ambient", "in_massconcentration_pm2p5", "in_voltage7_supply",
    ])
    func isAChannel(name: String) {
        #expect(outcome("chip: c\npoints: {\(name): {}}\n").problems == [])
    }

    @Test(arguments: [
        ("temp1_input", "write `temp1`"), ("in_voltage0_raw", "write `in_voltage0`"),
        ("power1_average", "write `power1`"), ("temp", "write its number too: `temp1`"),
        (
            "tmp1",
            "hwmon has in1, temp1, curr1, power1, energy1, humidity1, fan1, pwm1; IIO has "
                + "in_voltage, in_altvoltage, in_current, in_power, in_energy, in_temp, "
                + "in_humidityrelative, in_pressure, in_illuminance, in_resistance, "
                + "in_capacitance, in_concentration, in_massconcentration, in_ph, "
                + "in_electricalconductivity, in_accel, in_incli, in_magn, in_distance"
        ),
    ])
    func anUnknownChannelIsSaid(name: String, mend: String) {
        #expect(
            outcome("chip: c\npoints:\n  \(name): {}\n").problems
                == ["f:3:\(name.count + 5): no chip has a channel `\(name)`; \(mend)"])
        #expect(
            outcome("chip: c\npoints:\n  p: {channel: \(name)}\n").problems
                == ["f:3:16: no chip has a channel `\(name)`; \(mend)"])
    }

    /// Names become paths: nothing leads out of the chip's folder.
    @Test(arguments: ["../temp1", "temp1/../../x", "Temp1", "temp１", "temp-1", "in_", "in_x"])
    func nothingElseIsAChannel(name: String) {
        #expect(SensorChannel(name) == nil)
        #expect(SensorChannel("in_temp" + String(repeating: "x", count: 60)) == nil)
    }

    @Test(arguments: [
        ("chip: \"\"\npoints: {temp1: {}}\n", "f:1:7: `` is no chip's"),
        ("chip: a/b\npoints: {temp1: {}}\n", "f:1:7: `a/b` is no chip's"),
        ("chip: a\nat: ../x\npoints: {temp1: {}}\n", "f:2:5: `../x` is no chip's"),
        ("chip: a\npoints: {}\n", "f:2:9: the device has no points"),
        (
            "chip: a\npoints: {temp1: {}, in_temp: {}}\n",
            "f:2:30: `in_temp` is a channel of IIO, the points before it are of hwmon"
        ),
        (
            "chip: a\npoints: {temp1: {offset: 1e300}}\n",
            "f:2:26: `offset` is 1e+300, which is too large or too fine"
        ),
    ])
    func aMistakeIsSaid(text: String, problem: String) {
        let outcome = outcome(text)
        #expect(outcome.problems.count == 1)
        #expect(outcome.problems.first?.hasPrefix(problem) == true, "\(outcome.problems)")
        #expect(outcome.plan == nil)
    }
}
