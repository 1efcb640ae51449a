import Buses
import Telemetry

extension DriverKind {
    /// Texas Instruments INA219.
    static let ina219 = DriverKind(
        name: "ina219", summary: "INA219: voltage, current, power of a supply up to 26 V",
        bus: .i2c, plan: { I2CPlan<INA219>(source: $0).plan() })
    /// Texas Instruments INA226.
    static let ina226 = DriverKind(
        name: "ina226", summary: "INA226: voltage, current, power of a supply up to 36 V",
        bus: .i2c, plan: { I2CPlan<INA226>(source: $0).plan() })
}

/// The shunt whose voltage the chip measures.
struct ShuntOptions: Decodable, Sendable {
    /// Its resistance in ohms; 0.1 as on most modules unless given.
    var shunt: Double?

    /// The resistance, checked.
    func resistance() throws(OptionFlaw) -> Double {
        let ohms = shunt ?? 0.1
        guard (0.000_01...100).contains(ohms) else {
            throw OptionFlaw(
                key: "shunt", what: "a shunt of \(ohms) ohms measures nothing",
                mend: "write its resistance in ohms, 0.00001 to 100, such as 0.002")
        }
        return ohms
    }
}

/// Voltages as the chip has them, and what follows from them. Current and power are computed here,
/// not in the chip's calibration register, which a power cut would empty.
enum INA {
    static let quantities = [
        Quantity(name: "voltage", unit: Unit(unchecked: "V")),
        Quantity(name: "current", unit: Unit(unchecked: "A")),
        Quantity(name: "power", unit: Unit(unchecked: "W")),
    ]
    /// Both address pins to ground, supply, data or clock.
    static let addresses: [UInt8] = Array(0x40...0x4F)

    static func values(voltage: Double, shuntVoltage: Double, resistance: Double) -> [Measured] {
        let current = shuntVoltage / resistance
        return [
            .number(voltage, decimals: 5), .number(current, decimals: 6),
            .number(voltage * current, decimals: 6),
        ]
    }
}

/// INA219 (Texas Instruments, SBOS448G).
struct INA219: I2CChip {
    static let quantities = INA.quantities
    static let addresses = INA.addresses

    /// 32 V, 320 mV across the shunt, 12 bits, measuring all the time (table 2; what the chip begins
    /// with).
    private static let configuration: UInt16 = 0x399F

    private let resistance: Double

    init(_ options: ShuntOptions) throws(OptionFlaw) {
        resistance = try options.resistance()
    }

    mutating func start(_ device: I2CDevice) async throws(BusError) {
        try await device.write(word: Self.configuration, to: 0)
    }

    mutating func measure(
        _ wanted: [Int], _ device: I2CDevice
    ) async throws(BusError) -> [Measured] {
        let shunt = try await device.word(1)
        let bus = try await device.word(2)
        let values = Self.values(shunt: shunt, bus: bus, resistance: resistance)
        return wanted.map { values[$0] }
    }

    /// Sections 8.6.3.1 and 8.6.3.2: 10 uV a step; 4 mV a step above three bits of flags.
    static func values(shunt: UInt16, bus: UInt16, resistance: Double) -> [Measured] {
        INA.values(
            voltage: Double(bus >> 3) / 250,
            shuntVoltage: Double(Int16(bitPattern: shunt)) / 100_000, resistance: resistance)
    }
}

/// INA226 (Texas Instruments, SBOS547B).
struct INA226: I2CChip {
    static let quantities = INA.quantities
    static let addresses = INA.addresses

    /// 16 samples averaged, 1.1 ms each, measuring all the time (table 6).
    private static let configuration: UInt16 = 0x4527

    private let resistance: Double

    init(_ options: ShuntOptions) throws(OptionFlaw) {
        resistance = try options.resistance()
    }

    mutating func start(_ device: I2CDevice) async throws(BusError) {
        try await device.write(word: Self.configuration, to: 0)
    }

    mutating func measure(
        _ wanted: [Int], _ device: I2CDevice
    ) async throws(BusError) -> [Measured] {
        let shunt = try await device.word(1)
        let bus = try await device.word(2)
        let values = Self.values(shunt: shunt, bus: bus, resistance: resistance)
        return wanted.map { values[$0] }
    }

    /// Section 7.6: 2.5 uV and 1.25 mV a step.
    static func values(shunt: UInt16, bus: UInt16, resistance: Double) -> [Measured] {
        INA.values(
            voltage: Double(bus) / 800, shuntVoltage: Double(Int16(bitPattern: shunt)) / 400_000,
            resistance: resistance)
    }
}
