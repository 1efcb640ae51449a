import Buses
import Telemetry

/// The options of the `register-map` driver: any Modbus device, register by register.
public struct RegisterMapOptions: Decodable, Sendable {
    /// The device's unit id, 1 to 247 on a serial line, 0 to 255 on TCP.
    public var unitID: UInt8
    /// The most registers the device gives in one answer, 1 to 125.
    public var maximumRegisters: Int?
    /// How many registers nobody wants are read along to save a request, 0 to 124.
    public var maximumGap: Int?
    /// How long this device may take to answer, if not as long as the bus allows.
    public var responseTimeout: Duration?
    /// What to read.
    public var points: NamedList<RegisterPoint>

    private enum CodingKeys: String, CodingKey {
        case unitID = "unit-id"
        case maximumRegisters = "max-registers"
        case maximumGap = "max-gap"
        case responseTimeout = "response-timeout"
        case points
    }
}

/// One point of a register map.
public struct RegisterPoint: Decodable, Sendable {
    /// The address of a holding register (function 3), 0 to 65535 as sent on the wire.
    public var holding: UInt16?
    /// The address of an input register (function 4).
    public var input: UInt16?
    /// The address of a coil (function 1).
    public var coil: UInt16?
    /// The address of a discrete input (function 2).
    public var discrete: UInt16?
    /// How the registers are to be read; `uint16` unless given.
    public var type: RegisterType?
    /// In which order bytes and words come; `ABCD` unless given.
    public var order: WordOrder?
    /// A string's length in registers.
    public var length: Int?
    /// The bit of the register that is the point, 0 the lowest: a bool.
    public var bit: Int?
    /// The lowest and highest bit of a field within the register: an integer.
    public var bits: [Int]?
    /// What the raw number is multiplied with.
    public var scale: Double?
    /// What is added after scaling.
    public var offset: Double?
    /// The unit after scaling.
    public var unit: Unit?
    /// The raw value with which the device says that it has none; a register's bits or a number.
    public var notAvailable: Int64?
    /// Whether the point may be written, and how; not unless given.
    public var writable: ScalarOrFields<Bool, WriteOptions>?

    private enum CodingKeys: String, CodingKey {
        case holding, input, coil, discrete, type, order, length, bit, bits, scale, offset, unit
        case notAvailable = "not-available"
        case writable
    }
}

/// How registers are read as a value.
public enum RegisterType: String, Decodable, Sendable, CaseIterable {
    case bool, int16, uint16, int32, uint32, int64, uint64, float32, float64, string

    /// How many registers it takes; 0 for a string, whose length is an option.
    public var registers: Int {
        switch self {
        case .bool, .int16, .uint16: 1
        case .int32, .uint32, .float32: 2
        case .int64, .uint64, .float64: 4
        case .string: 0
        }
    }
}

/// The order in which the bytes A (highest) to D (lowest) of a 32-bit value come; 64-bit values
/// and strings follow the same rule.
public enum WordOrder: String, Decodable, Sendable, CaseIterable {
    /// Highest word first, highest byte first: the protocol's own order.
    case abcd = "ABCD"
    /// Lowest word first, highest byte first.
    case cdab = "CDAB"
    /// Highest word first, lowest byte first.
    case badc = "BADC"
    /// Lowest word first, lowest byte first.
    case dcba = "DCBA"

    var isLowWordFirst: Bool { self == .cdab || self == .dcba }
    var isLowByteFirst: Bool { self == .badc || self == .dcba }
}

/// The four tables of a Modbus device (Modbus Application Protocol V1.1b3, section 4.3).
public enum RegisterTable: Int, Sendable, CaseIterable {
    case holding, input, coil, discrete

    /// Whether its items are single bits.
    public var isBits: Bool { self == .coil || self == .discrete }
}
