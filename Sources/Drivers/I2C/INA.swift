import Buses
import Telemetry

extension DriverKind {
    /// Texas Instruments INA219.
    static let ina219 = DriverKind(
        name: "ina219", summary: "INA219: voltage, current, power of a supply up to 26 V",
        chip: INA219.self)
    /// Texas Instruments INA226.
    static let ina226 = DriverKind(
        name: "ina226", summary: "INA226: voltage, current, power of a supply up to 36 V",
        chip: INA226.self)
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

/// What the chips of the family have of their own: their registers' meaning.
protocol INARegisters: Sendable {
    /// What the configuration register is set to.
    static var configuration: UInt16 { get }
    /// `I2CChip.identity`
    static var identity: [I2CIdentityRegister] { get }
    /// The bus voltage register, in volts.
    static func voltage(_ bus: UInt16) -> Double
    /// The shunt voltage register, in volts.
    static func shuntVoltage(_ shunt: UInt16) -> Double
}

/// A chip of the family. Current and power are computed here, not in the chip's calibration
/// register, which a power cut would empty.
struct INA<Registers: INARegisters>: I2CChip {
    static var quantities: [Quantity] {
        [
            Quantity(name: "voltage", unit: Unit(unchecked: "V")),
            Quantity(name: "current", unit: Unit(unchecked: "A")),
            Quantity(name: "power", unit: Unit(unchecked: "W")),
        ]
    }
    /// Both address pins to ground, supply, data or clock.
    static var addresses: [UInt8] { Array(0x40...0x4F) }
    static var identity: [I2CIdentityRegister] { Registers.identity }

    private let resistance: Double

    init(_ options: ShuntOptions) throws(OptionFlaw) {
        resistance = try options.resistance()
    }

    mutating func start(_ device: I2CDevice) async throws(BusError) {
        try await device.write(word: Registers.configuration, to: 0)
    }

    mutating func measure(
        _ wanted: [Int], _ device: I2CDevice
    ) async throws(BusError) -> [Measured] {
        let current = Registers.shuntVoltage(try await device.word(1)) / resistance
        let voltage = Registers.voltage(try await device.word(2))
        let values: [Measured] = [
            .number(voltage, decimals: 5), .number(current, decimals: 6),
            .number(voltage * current, decimals: 6),
        ]
        return wanted.map { values[$0] }
    }
}

typealias INA219 = INA<INA219Registers>
typealias INA226 = INA<INA226Registers>

/// INA219 (Texas Instruments, SBOS448G).
enum INA219Registers: INARegisters {
    /// 32 V, 320 mV across the shunt, 12 bits, measuring all the time (table 2; what the chip begins
    /// with).
    static let configuration: UInt16 = 0x399F
    static let identity: [I2CIdentityRegister] = []

    /// Section 8.6.3.2: 4 mV a step above three bits of flags.
    static func voltage(_ bus: UInt16) -> Double { Double(bus >> 3) / 250 }

    /// Section 8.6.3.1: 10 uV a step.
    static func shuntVoltage(_ shunt: UInt16) -> Double {
        Double(Int16(bitPattern: shunt)) / 100_000
    }
}

/// INA226 (Texas Instruments, SBOS547B), section 7.6.
enum INA226Registers: INARegisters {
    /// 16 samples averaged, 1.1 ms each, measuring all the time (table 6).
    static let configuration: UInt16 = 0x4527
    /// The die's, then the manufacturer's. In this order, for to a humidity sensor at 0x40 0xFE
    /// says that it shall start anew (Sensirion SHT21, soft reset).
    static let identity = [
        I2CIdentityRegister(number: 0xFF, values: [[0x22, 0x60]]),
        I2CIdentityRegister(number: 0xFE, values: [[0x54, 0x49]]),
    ]

    /// 1.25 mV a step.
    static func voltage(_ bus: UInt16) -> Double { Double(bus) / 800 }

    /// 2.5 uV a step.
    static func shuntVoltage(_ shunt: UInt16) -> Double {
        Double(Int16(bitPattern: shunt)) / 400_000
    }
}
