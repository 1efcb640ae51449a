/// How registers are read as a value.
public enum RegisterType: String, Decodable, Sendable, CaseIterable {
    /// One register: false if it is 0.
    case bool
    /// The low byte of a register; the high one is not looked at. With the order BADC it is the
    /// high byte.
    case int8, uint8
    case int16, uint16
    /// The low 24 bits of two registers; the highest byte is not looked at. So Wiren Board's
    /// templates have them too.
    case int24, uint24
    case int32, uint32
    /// Three registers.
    case int48, uint48
    case int64, uint64
    /// IEEE 754.
    case float32, float64
    /// Packed decimal digits, four bits each, the highest first; 8 and 24 bits lie in registers as
    /// those of uint8 and uint24 do.
    case bcd8, bcd16, bcd24, bcd32, bcd64
    /// Text, two characters a register unless `characters` says otherwise.
    case string

    /// What the bits are.
    enum Kind {
        case bool, unsigned, signed, decimal, float, text
    }

    var kind: Kind {
        switch self {
        case .bool: .bool
        case .uint8, .uint16, .uint24, .uint32, .uint48, .uint64: .unsigned
        case .int8, .int16, .int24, .int32, .int48, .int64: .signed
        case .bcd8, .bcd16, .bcd24, .bcd32, .bcd64: .decimal
        case .float32, .float64: .float
        case .string: .text
        }
    }

    /// How many of its registers' bits it has, the lowest; 0 for a string.
    var bits: Int {
        switch self {
        case .int8, .uint8, .bcd8: 8
        case .bool, .int16, .uint16, .bcd16: 16
        case .int24, .uint24, .bcd24: 24
        case .int32, .uint32, .float32, .bcd32: 32
        case .int48, .uint48: 48
        case .int64, .uint64, .float64, .bcd64: 64
        case .string: 0
        }
    }

    /// How many registers it takes; 0 for a string, whose length is an option.
    public var registers: Int { (bits + 15) / 16 }

    /// Its bits, all on.
    var mask: UInt64 { bits == 0 ? 0 : UInt64.max >> UInt64(64 - bits) }
}
