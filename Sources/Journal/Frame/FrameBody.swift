import Telemetry

/// The body of a frame of readings, in columns. Each stands alone and gives every value back
/// bit for bit.
///
/// ```
/// version      1 byte, 1
/// packing      1 byte: 0 plain; 1 what follows is a varint, the length when unpacked, and zstd
/// texts        count, then each: device names, point names, units and texts, each once
/// points       count; then in columns: device, name, unit as jumps in the texts; runs of urgent
/// order        of the readings' points: jumps
/// instants     pairs: second difference (zigzag), how many more readings share the instant
/// quality      runs of Quality
/// kind         runs of ValueKind
/// series       by point in the order of the table, for those with a value: runs of domain, runs
///              of mode, runs of width
/// parameters   by point: base or first of its mode (varint or zigzag)
/// values       by point: packed bits; then bytes of those whose mode is bytes
/// ```
///
/// Counts and numbers are varints; a text is a length in bytes and UTF-8. Runs are pairs: length,
/// byte. Jumps are pairs: zigzag distance from the index expected, which is one more than the one
/// before, or 0 behind the last one; how many more come as expected.
enum FrameBody {
    static let version: UInt8 = 1
    static let plain: UInt8 = 0
    static let zstd: UInt8 = 1

    /// The longest name or unit that is believed.
    static let longestName = 4096
    /// The most bytes that a body may have when unpacked: what a hostile one can take in memory.
    static let largestContent = 4 << 20
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

/// How the integers of a series are written. `width` bits each.
enum SeriesMode: UInt8 {
    /// Each as it is, without a sign.
    case raw = 0
    /// Each as what it is above the least one, the base. Width 0: all are the base.
    case offset = 1
    /// The first; then zigzag differences.
    case delta = 2
    /// The first; then zigzag differences as varints, in bytes: for what zstd makes of them.
    case bytes = 3
    /// The first; then what the exclusive or with the one before is, without the zeros at its
    /// right end that all have, whose number is the parameter behind the first.
    case xor = 4
}
