import Buses
import Telemetry

/// A chip on an I2C bus that has lines, such as a port expander. Bit 0 of a mask is its first line.
protocol LineChip: Sendable {
    /// How many lines it has, at most 16.
    static var lineCount: Int { get }
    /// The addresses that it can be strapped to; the first is the usual one.
    static var addresses: [UInt8] { get }
    /// Whether its lines can be pulled up inside.
    static var hasPullUps: Bool { get }
    /// The letters of its ports of eight lines, as the data sheet has them; empty for numbers alone.
    static var ports: [Character] { get }

    /// Reads the pins, and whether the chip is set up as it should be: not after it lost its power.
    static func read(
        _ setup: LineSetup, _ device: I2CDevice
    ) async throws(BusError) -> (pins: UInt16, isSetUp: Bool)

    /// Sets the chip up, outputs before directions: no line may be driven wrong for a moment.
    static func setUp(_ setup: LineSetup, _ device: I2CDevice) async throws(BusError)

    /// Drives the outputs; `changed` says which of them are to change.
    static func drive(
        _ setup: LineSetup, changed: UInt16, _ device: I2CDevice
    ) async throws(BusError)

    /// Which lines are outputs now and what they are driven to, as far as the chip says.
    static func driven(_ device: I2CDevice) async throws(BusError) -> LineSetup
}

/// How a chip's lines are to be: one bit for each.
struct LineSetup: Sendable, Hashable {
    /// The outputs.
    var outputs: UInt16 = 0
    /// The lines that are pulled up inside.
    var pullUps: UInt16 = 0
    /// What the outputs' pins are driven to.
    var levels: UInt16 = 0
}

/// Microchip MCP23017 (DS20001952C): sixteen lines with directions, in two ports. The registers are
/// those of IOCON.BANK = 0, which is how the chip starts.
struct MCP23017: LineChip {
    static let lineCount = 16
    static let addresses = Array(UInt8(0x20)...0x27)
    static let hasPullUps = true
    static let ports: [Character] = ["A", "B"]

    /// Table 3-3; each is a pair, port A first.
    private enum Register {
        static let iodir: UInt8 = 0x00
        static let ipol: UInt8 = 0x02
        static let gppu: UInt8 = 0x0C
        static let gpio: UInt8 = 0x12
        static let olat: UInt8 = 0x14
        static let count = 22
    }

    /// All registers in one transaction, 2.3 ms at 100 kHz: pins and set-up of the same moment.
    static func read(
        _ setup: LineSetup, _ device: I2CDevice
    ) async throws(BusError) -> (pins: UInt16, isSetUp: Bool) {
        let bytes = try await device.read(Register.count, from: Register.iodir)
        let isSetUp =
            pair(Register.iodir, bytes) == ~setup.outputs && pair(Register.ipol, bytes) == 0
            && pair(Register.gppu, bytes) == setup.pullUps
            && (pair(Register.olat, bytes) ^ setup.levels) & setup.outputs == 0
        return (pair(Register.gpio, bytes), isSetUp)
    }

    static func setUp(_ setup: LineSetup, _ device: I2CDevice) async throws(BusError) {
        try await write(setup.levels, to: Register.olat, device)
        try await write(0, to: Register.ipol, device)
        try await write(setup.pullUps, to: Register.gppu, device)
        try await write(~setup.outputs, to: Register.iodir, device)
    }

    static func drive(
        _ setup: LineSetup, changed: UInt16, _ device: I2CDevice
    ) async throws(BusError) {
        try await write(setup.levels, to: Register.olat, changed: changed, device)
    }

    static func driven(_ device: I2CDevice) async throws(BusError) -> LineSetup {
        let bytes = try await device.read(Register.count, from: Register.iodir)
        return LineSetup(
            outputs: ~pair(Register.iodir, bytes), levels: pair(Register.olat, bytes))
    }

    /// A register of port A with that of port B above it.
    private static func pair(_ register: UInt8, _ bytes: [UInt8]) -> UInt16 {
        UInt16(bytes[Int(register)]) | UInt16(bytes[Int(register) + 1]) << 8
    }

    private static func write(
        _ value: UInt16, to register: UInt8, changed: UInt16 = 0xFFFF, _ device: I2CDevice
    ) async throws(BusError) {
        if changed & 0x00FF != 0 {
            try await device.write([register, UInt8(truncatingIfNeeded: value)])
        }
        if changed & 0xFF00 != 0 {
            try await device.write([register + 1, UInt8(truncatingIfNeeded: value >> 8)])
        }
    }
}

/// NXP PCF8574 and PCF8574A (data sheet rev. 5): eight quasi-bidirectional lines. A line that is 1 is
/// pulled up weakly and can be an input; only a 0 is driven (section 8.1).
struct PCF8574: LineChip {
    static let lineCount = 8
    /// PCF8574, then PCF8574A (section 7.1).
    static let addresses = Array(UInt8(0x20)...0x27) + Array(UInt8(0x38)...0x3F)
    static let hasPullUps = false
    static let ports: [Character] = []

    /// It has no registers: that a line it should drive low is high is all the sign there is.
    static func read(
        _ setup: LineSetup, _ device: I2CDevice
    ) async throws(BusError) -> (pins: UInt16, isSetUp: Bool) {
        let pins = UInt16(try await device.read(1)[0])
        return (pins, pins & setup.outputs & ~setup.levels == 0)
    }

    static func setUp(_ setup: LineSetup, _ device: I2CDevice) async throws(BusError) {
        try await device.write([UInt8(truncatingIfNeeded: setup.levels | ~setup.outputs)])
    }

    static func drive(
        _ setup: LineSetup, changed: UInt16, _ device: I2CDevice
    ) async throws(BusError) {
        try await setUp(setup, device)
    }

    /// A line that is low is driven, by the chip or by what is connected; a high one is not.
    static func driven(_ device: I2CDevice) async throws(BusError) -> LineSetup {
        let pins = UInt16(try await device.read(1)[0])
        return LineSetup(outputs: ~pins, levels: pins)
    }
}
