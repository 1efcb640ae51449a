import Buses
import Gateway
import Settings
import Telemetry

/// Chips that a test can set the registers of: in memory, or those that the kernel simulates.
public protocol I2CField: Sendable {
    /// The bus. A chip is at each of `I2CConformance.addresses`, and none at `absentAddress`.
    var bus: any I2CBus { get }
    /// Sets a register of one byte, or of two, highest first.
    func set(_ register: UInt8, of address: UInt8, to bytes: [UInt8]) async throws
}

/// What the drivers of chips say of registers, the same on the scripted bus and on the kernel's: the
/// configuration is read, the driver made and the device read as `armadio read` does. Chips that
/// speak no SMBus are not among them, since the kernel simulates none.
public struct I2CConformance: Sendable {
    /// What the configuration says of the device, beside its bus.
    let options: String
    let address: UInt8
    /// What the chip holds.
    let registers: [UInt8: [UInt8]]
    /// What the device says: `POINT VALUE`, or its quality.
    let expected: [String]

    /// An address without a chip.
    static let absentAddress: UInt8 = 0x4F

    /// All chips.
    static let all: [I2CConformance] = [
        .init(
            options: "driver: lm75", address: 0x48, registers: [0: [0x19, 0x80]],
            expected: ["temp 25.5"]),
        .init(
            options: "driver: tmp102", address: 0x49, registers: [0: [0xE7, 0x00]],
            expected: ["temp -25"]),
        .init(
            options: "driver: ina219", address: 0x41,
            registers: [1: [0x07, 0xD0], 2: [0x5D, 0xC2]],
            expected: ["voltage 12", "current 0.2", "power 2.4"]),
        .init(
            options: "driver: ina226, shunt: 0.002", address: 0x40,
            registers: [1: [0x1F, 0x40], 2: [0x25, 0x70]],
            expected: ["voltage 11.98", "current 10", "power 119.8"]),
        .init(
            options: "driver: ads1115, points: {in0: {}, in0-in1: {}}", address: 0x4A,
            registers: [0: [0x40, 0x00]], expected: ["in0 2.048", "in0-in1 2.048"]),
        .init(
            options: "driver: mcp23017, points: {door: {pin: A0, active-low: true}, "
                + "window: {pin: B7, bias: pull-up}}", address: 0x20,
            registers: bytes([UInt8](repeating: 0, count: 19) + [0x80, 0, 0]),
            expected: ["door true", "window true"]),
        .init(
            options: "driver: ds3231", address: 0x68,
            registers: bytes(
                [0x45, 0x30, 0x12, 0x04, 0x26, 0x11, 0x26] + [UInt8](repeating: 0, count: 10)
                    + [0x19, 0x40]),
            expected: ["time 1795696245", "temp 25.25", "stopped false"]),
        .init(
            options: "driver: lm75", address: absentAddress, registers: [:],
            expected: ["temp timeout"]),
    ]

    /// Where there is a chip.
    public static var addresses: [UInt8] { all.map(\.address).filter { $0 != absentAddress } }

    /// Registers of one byte from 0 on.
    private static func bytes(_ values: [UInt8]) -> [UInt8: [UInt8]] {
        Dictionary(uniqueKeysWithValues: values.enumerated().map { (UInt8($0), [$1]) })
    }

    /// Reads every chip; what it does not say as it should.
    public static func failures(of field: any I2CField) async throws -> [String] {
        var failures: [String] = []
        for chip in all {
            for (register, bytes) in chip.registers.sorted(by: { $0.key < $1.key }) {
                try await field.set(register, of: chip.address, to: bytes)
            }
            let said = try await chip.read(over: field.bus)
            if said != chip.expected {
                failures.append("\(chip.options): \(said), not \(chip.expected)")
            }
        }
        return failures
    }

    private func read(over bus: any I2CBus) async throws -> [String] {
        let text = """
            gateway: conformance
            uplink: {broker: "mqtt://127.0.0.1"}
            buses: {chips: {i2c: {path: /dev/i2c-0}}}
            devices: {chip: {bus: chips, address: \(address), \(options)}}

            """
        let plan = try CabinetPlan.load(
            SettingsFile(bytes: Array(text.utf8), name: "cabinet.yaml"), points: PointTable(),
            profiles: ProfileLibrary())
        guard let (line, device) = plan.device("chip") else { return ["no device"] }
        let outcome = await FieldRead(line: line, device: device, clock: ManualClock())
            .outcome(of: Array(device.points.indices), over: OneI2CBus(bus: bus))
        return outcome.readings.map { reading in
            let name = reading.point.split(separator: "/").last ?? ""
            return "\(name) " + (reading.value.map { "\($0.value)" } ?? reading.quality)
        }
    }
}

/// Opens one bus, whatever it is called.
private struct OneI2CBus: BusProvider {
    let bus: any I2CBus

    func i2c(_ line: I2CLine) -> any I2CBus { bus }
    func modbus(_ line: ModbusLine) -> any ModbusBus { preconditionFailure("no Modbus here") }
    func gpio(named name: String) -> any GPIOBank { preconditionFailure("no GPIO here") }
    func sensors(named name: String) -> any SensorFiles { preconditionFailure("no hwmon here") }
    func process(_ line: ProgramLine) -> any LineProcess { preconditionFailure("no programs here") }
}

/// The scripted bus as a field for `I2CConformance`.
public struct ScriptedI2CField: I2CField {
    private let scripted: ScriptedI2CBus

    /// A field with the chips that the checks need.
    public init() {
        let chips = I2CConformance.addresses.map { ($0, ScriptedI2CBus.Chip()) }
        scripted = ScriptedI2CBus(Dictionary(uniqueKeysWithValues: chips))
    }

    public var bus: any I2CBus { scripted }

    public func set(_ register: UInt8, of address: UInt8, to bytes: [UInt8]) async {
        guard var chip = await scripted.chips[address] else { return }
        chip.registers[register] = bytes
        await scripted.put(chip, at: address)
    }
}
