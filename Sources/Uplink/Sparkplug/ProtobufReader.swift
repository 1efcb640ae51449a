/// Reads Protocol Buffers' wire format field by field. The input is foreign: every length is
/// checked against what is there, and nothing traps.
struct ProtobufReader {
    /// What a field holds, as far as its wire type tells.
    enum Content {
        case varint(UInt64)
        case fixed64(UInt64)
        case fixed32(UInt32)
        case bytes(ArraySlice<UInt8>)
    }

    /// One field of a message.
    struct Field {
        var number: UInt64
        var content: Content
    }

    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) {
        rest = bytes
    }

    /// The next field; nil at the end.
    mutating func next() throws(SparkplugFlaw) -> Field? {
        guard !rest.isEmpty else { return nil }
        let key = try varint()
        guard key >> 3 > 0 else { throw SparkplugFlaw("a field has the number 0") }
        let content: Content =
            switch key & 7 {
            case 0: .varint(try varint())
            case 1: .fixed64(try fixed(bytes: 8))
            case 2: .bytes(try slice())
            case 5: .fixed32(UInt32(truncatingIfNeeded: try fixed(bytes: 4)))
            default: throw SparkplugFlaw("a field has wire type \(key & 7)")
            }
        return Field(number: key >> 3, content: content)
    }

    private mutating func varint() throws(SparkplugFlaw) -> UInt64 {
        var (value, shift): (UInt64, UInt64) = (0, 0)
        while let byte = rest.popFirst() {
            // The tenth byte has one bit left.
            if shift == 63 && byte > 1 { throw SparkplugFlaw("a number has more than 64 bits") }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        throw SparkplugFlaw("the payload ends within a number")
    }

    private mutating func fixed(bytes count: Int) throws(SparkplugFlaw) -> UInt64 {
        guard rest.count >= count else { throw SparkplugFlaw("the payload ends within a number") }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    private mutating func slice() throws(SparkplugFlaw) -> ArraySlice<UInt8> {
        let length = try varint()
        guard length <= UInt64(rest.count) else {
            throw SparkplugFlaw("the payload ends within a field of \(length) bytes")
        }
        defer { rest = rest.dropFirst(Int(length)) }
        return rest.prefix(Int(length))
    }
}

/// Why a message of the platform could not be understood.
struct SparkplugFlaw: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
