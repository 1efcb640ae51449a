/// CBOR (RFC 8949) in bytes, appended piece by piece; always the shortest form of a head.
struct CBORWriter: Sendable {
    /// What has been written.
    private(set) var bytes: [UInt8] = []

    /// The major types used (RFC 8949 section 3.1), in the three upper bits.
    private enum Major: UInt8 {
        case unsigned = 0x00
        case negative = 0x20
        case text = 0x60
        case array = 0x80
        case map = 0xA0
        case tag = 0xC0
    }

    /// Takes back what was written behind this count.
    mutating func truncate(to count: Int) {
        bytes.removeLast(max(0, bytes.count - count))
    }

    mutating func append(_ piece: some Collection<UInt8>) { bytes += piece }

    /// An array of this many elements begins.
    mutating func beginArray(_ count: Int) { head(.array, UInt64(count)) }

    /// A map of this many pairs begins.
    mutating func beginMap(_ count: Int) { head(.map, UInt64(count)) }

    mutating func append(_ value: UInt64) { head(.unsigned, value) }

    mutating func append(_ value: Int64) {
        // -1 - n is the complement of n.
        value >= 0 ? head(.unsigned, UInt64(value)) : head(.negative, UInt64(~value))
    }

    mutating func append(_ value: Bool) { bytes.append(value ? 0xF5 : 0xF4) }

    mutating func append(text: String) {
        head(.text, UInt64(text.utf8.count))
        bytes += text.utf8
    }

    /// The shortest form that is exactly this double: an integer, a float of 16, 32 or 64 bits,
    /// or a decimal fraction (RFC 8949 section 3.4.4). RFC 8428 section 6 wants no more than that
    /// the double comes out again.
    mutating func append(_ value: Double) {
        let decimal = DecimalFraction(value)
        if let decimal, decimal.places == 0 { return append(decimal.numerator) }
        if value.isHalf { return append(float: UInt64(Float16(value).bitPattern), 0xF9, 2) }
        let single = value.isSingle
        if let decimal, 3 + decimal.numerator.headLength < (single ? 5 : 9) {
            return append(decimal)
        }
        if single {
            append(float: UInt64(Float(value).bitPattern), 0xFA, 4)
        } else {
            append(float: value.bitPattern, 0xFB, 8)
        }
    }

    /// A number of seconds.
    mutating func append(microseconds: Int64) {
        let decimal = DecimalFraction(microseconds: microseconds)
        if decimal.places == 0 { return append(decimal.numerator) }
        // The quotient of two exact numbers is the double that the decimal reads as, as long as
        // 53 bits hold the first: 285 years.
        if 3 + decimal.numerator.headLength < 9 || abs(microseconds) >= 1 << 53 {
            append(decimal)
        } else {
            append(float: (Double(microseconds) / 1e6).bitPattern, 0xFB, 8)
        }
    }

    private mutating func append(_ decimal: DecimalFraction) {
        head(.tag, 4)
        beginArray(2)
        append(-Int64(decimal.places))
        append(decimal.numerator)
    }

    private mutating func append(float bits: UInt64, _ head: UInt8, _ length: Int) {
        bytes.append(head)
        append(bits, length: length)
    }

    private mutating func append(_ value: UInt64, length: Int) {
        for index in stride(from: length - 1, through: 0, by: -1) {
            bytes.append(UInt8(truncatingIfNeeded: value >> (8 * UInt64(index))))
        }
    }

    private mutating func head(_ major: Major, _ value: UInt64) {
        switch value {
        case ..<24: bytes.append(major.rawValue | UInt8(value))
        case ...0xFF:
            bytes.append(major.rawValue | 24)
            append(value, length: 1)
        case ...0xFFFF:
            bytes.append(major.rawValue | 25)
            append(value, length: 2)
        case ...0xFFFF_FFFF:
            bytes.append(major.rawValue | 26)
            append(value, length: 4)
        default:
            bytes.append(major.rawValue | 27)
            append(value, length: 8)
        }
    }
}

extension Int64 {
    /// How many bytes it takes as a CBOR integer.
    fileprivate var headLength: Int {
        switch UInt64(self >= 0 ? self : ~self) {
        case ..<24: 1
        case ...0xFF: 2
        case ...0xFFFF: 3
        case ...0xFFFF_FFFF: 5
        default: 9
        }
    }
}

extension Double {
    /// Whether a float of 16 bits holds it exactly, as a normal number or zero.
    fileprivate var isHalf: Bool {
        significandBitPattern & (1 << 42 - 1) == 0 && (self == 0 || (-14...15).contains(exponent))
    }

    /// Whether a float of 32 bits holds it exactly, as a normal number or zero.
    fileprivate var isSingle: Bool {
        significandBitPattern & (1 << 29 - 1) == 0
            && (self == 0 || (-126...127).contains(exponent))
    }
}
