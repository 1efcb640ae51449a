import Telemetry

/// The body of a payload for other programs: that of a frame (`FrameBody`) without names. Its
/// points are numbers of a dictionary, its times those of the caller. Described for readers
/// beside the uplink's session that sends it (compact.md).
///
/// ```
/// shape        1 byte: packing as in FrameBody, and what is left out: PortableShape
/// lengths      as in FrameBody, without that of bytes where there are none
/// columns, bytes, bits   as in FrameBody
///
/// columns:
/// texts        count, then each: texts of values, each once; if there are any
/// order        PortableOrder
/// times        InstantColumn
/// quality      open runs of Quality; left out where all are good
/// kind         open runs of ValueKind; one byte where all are the same
/// offsets      of the readings' sequence numbers, as jumps; if the caller says so
/// series       by point in the order of their numbers, for those with a value: open runs of
///              domain, of mode, of width; a byte each where all are the same
/// parameters   by point: those of its mode
/// ```
///
/// Open runs are runs whose last length is 0: all that are left. Made for few readings a point:
/// widths of neighbours are the same where that is shorter.
package enum PortableBody {
    /// The readings of a body that is not trusted.
    ///
    /// - Parameters:
    ///   - count: How many there are; more than 16,384 are refused.
    ///   - span: What the offsets are below; nil if there are none.
    /// - Throws: `Malformed` if this is not the body of `count` readings.
    package static func decode(
        _ bytes: [UInt8], at offset: Int, count: Int, span: UInt64?
    ) throws(Malformed) -> PortableReadings {
        guard offset >= 0, count > 0, count <= FrameBody.largestCount else { throw Malformed() }
        let (parts, shape) = try Compressor.openPortable(bytes, at: offset)
        var decoder = FrameDecoder(parts, count: count)
        return try decoder.portableReadings(shape, span: span)
    }
}

/// What a portable body leaves out, in the byte that tells its packing.
struct PortableShape: OptionSet {
    let rawValue: UInt8

    /// There are texts.
    static let hasTexts = PortableShape(rawValue: 1 << 3)
    /// There is a part of bytes.
    static let hasBytes = PortableShape(rawValue: 1 << 4)
    /// All readings are good.
    static let allGood = PortableShape(rawValue: 1 << 5)
    /// All values are of one kind.
    static let oneKind = PortableShape(rawValue: 1 << 6)
    /// All series have one domain, one mode and one width.
    static let oneForm = PortableShape(rawValue: 1 << 7)

    /// Whether there is no such part, nor its length.
    func leavesOut(_ part: FramePart) -> Bool { part == .bytes && !contains(.hasBytes) }
}

/// Readings in columns, by the numbers of a dictionary.
package struct PortableReadings: Equatable, Sendable {
    /// The number of each reading's point.
    package var points: [UInt32] = []
    /// Each reading's time, in the caller's unit from the caller's zero.
    package var times: [Int64] = []
    /// Each reading's quality.
    package var qualities: [Quality] = []
    /// Each reading's value.
    package var values: [Value?] = []
    /// How far each reading's sequence number is behind the first; nil if they count up by one.
    package var offsets: [UInt32]?
}

extension FrameDecoder {
    fileprivate mutating func portableReadings(
        _ shape: PortableShape, span: UInt64?
    ) throws(Malformed) -> PortableReadings {
        if shape.contains(.hasTexts) { try readTexts(limit: count) }
        let (numbers, order) = try PortableOrder.read(count: count, &columns, &bits)
        var found = PortableReadings()
        found.points = order.map { UInt32(numbers[$0]) }
        found.times = try InstantColumn.read(count: count, &columns, &bits).map(\.nanoseconds)
        found.qualities =
            shape.contains(.allGood)
            ? [Quality](repeating: .good, count: count)
            : try columns.readRuns(count: count, isOpen: true) { Quality(rawValue: $0) }
        let kinds = try readColumn(count: count, shape, .oneKind) { ValueKind(rawValue: $0) }
        if let span { found.offsets = try readOffsets(below: span) }
        let bits = try readValues(order, kinds, points: numbers.count, shape: shape)
        guard isAtEnd else { throw Malformed() }
        found.values.reserveCapacity(count)
        for (kind, bits) in zip(kinds, bits) {
            found.values.append(kind.value(bits: bits, text: texts[Int(bits)]))
        }
        return found
    }

    private mutating func readOffsets(below span: UInt64) throws(Malformed) -> [UInt32] {
        let limit = min(span, UInt64(UInt32.max) + 1)
        let offsets = try columns.readJumps(count: count, below: Int(limit))
        for (left, right) in zip(offsets, offsets.dropFirst()) where left >= right {
            throw Malformed()
        }
        return offsets.map { UInt32($0) }
    }
}
