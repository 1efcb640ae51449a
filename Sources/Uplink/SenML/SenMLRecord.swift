import Telemetry

/// One record but for its time: what both representations write.
enum SenMLContent {
    case double(Double)
    case int64(Int64)
    case uint64(UInt64)
    case bool(Bool)
    case string(String)
    /// Why there is no value to be used.
    case quality(Quality)

    /// What a reading says. Borrowed: an initializer owns its arguments, and so each of the batch's
    /// columns would be retained for each reading.
    init(_ readings: borrowing ReadingBatch, at index: Int) {
        let (quality, bits) = (readings.qualities[index], readings.bits[index])
        guard quality == .good else {
            self = .quality(quality)
            return
        }
        switch readings.kinds[index] {
        case .none: self = .quality(.unrepresentable)
        case .double:
            let value = Double(bitPattern: bits)
            // JSON does not have it, and for CBOR section 4.3 of RFC 8428 wants a number too.
            self = value.isFinite ? .double(value) : .quality(.unrepresentable)
        case .int64: self = .int64(Int64(bitPattern: bits))
        case .uint64: self = .uint64(bits)
        case .bool: self = .bool(bits != 0)
        case .string: self = .string(readings.strings[Int(bits)])
        }
    }
}

/// What the first record has before its name.
struct SenMLHead {
    /// The base name as the representation writes it.
    var baseName: ArraySlice<UInt8>
    /// In microseconds; nil for none.
    var baseTime: Int64?
    /// Nil where MQTT 5 carries it.
    var identity: BatchIdentity?
    var clock: String?
}

/// A representation of SenML: pieces that are worked out once for each point, and records of them.
///
/// A pack is `head(of:records:)`, the records, `tail`.
protocol SenMLFormat: Sendable {
    init()

    /// How many bytes the records have.
    var count: Int { get }
    /// The records, the first without what belongs to the head.
    var records: ArraySlice<UInt8> { get }
    /// What stands behind the records.
    static var tail: [UInt8] { get }

    /// A base name's piece.
    static func baseName(_ name: String) -> [UInt8]
    /// The piece of a point's values: its name and unit.
    static func name(of point: Point) -> [UInt8]
    /// The piece of a point's qualities: the name of that series.
    static func qualityName(of point: Point) -> [UInt8]

    /// What the first record begins with, and the pack before it.
    func head(of head: SenMLHead, records: Int) -> [UInt8]
    /// Takes back the records behind this count of bytes.
    mutating func truncate(to count: Int)
    /// Adds the first record of a pack.
    mutating func addFirst(_ content: SenMLContent, _ entry: SenMLEntry, _ text: [UInt8])
    /// Adds another record, with a base name where the device changes and its time behind the
    /// first's, in microseconds.
    mutating func add(
        _ content: SenMLContent, _ entry: SenMLEntry, baseName: Range<Int>?, offset: Int64,
        _ text: [UInt8])
    /// Adds the record of a gap as the first.
    mutating func addGap(_ count: UInt64, _ reason: GapReason)
}
