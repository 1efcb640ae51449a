import Telemetry

/// The body of a frame of readings, in columns. Each stands alone and gives every value back
/// bit for bit.
///
/// ```
/// version      1 byte, 1
/// packing      1 byte: bit 0 if the columns are zstd, bit 1 if the bytes are, bit 2 if the bits
/// lengths      of columns, bytes and bits: as they stand here, but for the bits, which go to the
///              end; behind it, if it is zstd, of what it unpacks to
/// columns      see below
/// bytes        by point: values whose mode is bytes
/// bits         numbers of any width, the lowest bit first: order, instants, then by point: values
///              whose mode is not bytes
///
/// columns:
/// texts        count, then each: device names, point names, units and texts, each once
/// points       count; then in columns: device, name, unit as jumps in the texts; runs of urgent
/// order        of the readings' points: PointOrder
/// instants     InstantColumn
/// quality      runs of Quality
/// kind         runs of ValueKind
/// series       by point in the order of the table, for those with a value: runs of domain, runs
///              of mode, runs of width
/// parameters   by point: those of its mode
/// ```
///
/// Counts and numbers are varints, those with a sign zigzag; a text is a length in bytes and
/// UTF-8. Runs are pairs: length, byte. Jumps are pairs: distance (zigzag) from the index
/// expected, which is one more than the one before; how many more come as expected.
///
/// What a hostile body can take is bounded by `FramePart.largest`: 20 MiB in all while it is read,
/// with the most texts that go into it.
package enum FrameBody {
    /// The most readings of one body: bounds what one takes in memory.
    package static let largestCount = 16_384

    static let version: UInt8 = 1
}

/// The parts of a body, each of them zstd where that pays. They differ in what there is to find,
/// and are longer in one.
enum FramePart: Int, CaseIterable {
    case columns = 0
    case bytes = 1
    case bits = 2

    /// The bit of it in a body's packing.
    var flag: UInt8 { 1 << UInt8(rawValue) }

    /// The most bytes of it, unpacked, for 16,384 readings.
    var largest: Int {
        switch self {
        // Texts alone are that long.
        case .columns: 4 << 20
        case .bytes: 16 << 10
        // An instant and a value of 64 bits, and the order.
        case .bits: 320 << 10
        }
    }

    /// The shortest repetition that zstd is to take for one, in bytes. Shorter ones in values are
    /// chance, and stand in the way of what is there to be found: unequal frequencies.
    var leastMatch: Int32 {
        self == .columns ? 5 : 7
    }
}

/// What the integers of a series stand for.
enum SeriesDomain: Equatable {
    /// The stored bits themselves: booleans, integers, indices of texts, doubles as they are.
    case bits
    /// A double's bits as those of the nearest smaller type: exact, and half as long.
    case float
    /// A double that is an integer divided by 10 to this power (0 to 9).
    case decimal(UInt8)
    /// The same for a double that is a 32-bit float.
    case floatDecimal(UInt8)

    static let largestExponent: UInt8 = 9

    var code: UInt8 {
        switch self {
        case .bits: 0
        case .float: 1
        case .decimal(let exponent): 16 + exponent
        case .floatDecimal(let exponent): 32 + exponent
        }
    }

    init?(code: UInt8) {
        switch code {
        case 0: self = .bits
        case 1: self = .float
        case 16...(16 + SeriesDomain.largestExponent): self = .decimal(code - 16)
        case 32...(32 + SeriesDomain.largestExponent): self = .floatDecimal(code - 32)
        default: return nil
        }
    }
}

/// How the integers of a series are written, and its parameters; `width` bits each.
enum SeriesMode: UInt8 {
    /// Each as it is, without a sign.
    case raw = 0
    /// Each as what it is above the least one. Width 0: all are the same. Parameter: the least.
    case offset = 1
    /// Differences, as what they are above the least one. Parameters: the first value, the least
    /// difference.
    case delta = 2
    /// Differences from a middle one, zigzag, a byte each: for what zstd makes of them.
    /// Parameters: the first value, the middle.
    case bytes = 3
    /// The exclusive or with the value before, without the zeros at the right end that all have.
    /// Parameters: the first value, how many zeros.
    case xor = 4
}
