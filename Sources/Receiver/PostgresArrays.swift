/// Parameters in PostgreSQL's binary form: one-dimensional arrays, a column of many rows each
/// (src/backend/utils/adt/arrayfuncs.c, array_recv): number of dimensions, whether there are nulls,
/// the elements' type, length and lower bound; then of each element its length, -1 for NULL, and
/// its bytes. Numbers are big-endian.
struct PostgresArray {
    /// Types by their number in the catalogue (pg_type.dat).
    enum Element: UInt32 {
        case int8 = 20
        case text = 25
        case float8 = 701
    }

    private(set) var bytes: [UInt8] = []

    init(_ element: Element, count: Int) {
        bytes.reserveCapacity(20 + 16 * count)
        append(UInt32(1))
        append(UInt32(1))
        append(element.rawValue)
        append(UInt32(truncatingIfNeeded: count))
        append(UInt32(1))
    }

    private mutating func append(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func append(_ value: Int64?) {
        guard let value else { return append(UInt32.max) }
        append(UInt32(8))
        append(UInt64(bitPattern: value))
    }

    mutating func append(_ value: Double?) {
        append(value.map { Int64(bitPattern: $0.bitPattern) })
    }

    mutating func append(_ value: String?) {
        guard var value else { return append(UInt32.max) }
        value.withUTF8 { text in
            append(UInt32(truncatingIfNeeded: text.count))
            bytes.append(contentsOf: text)
        }
    }
}
