import CZstd

/// Bytes that are zstd (RFC 8878) where that makes them shorter.
///
/// ```
/// form      1 byte: 0 as they are, 1 zstd
/// length    varint, only of zstd: of what it unpacks to
/// content   all the rest
/// ```
package enum Packed {
    /// What is seldom made may take its time.
    private static let level: Int32 = 9

    /// Packs bytes.
    package static func pack(_ content: [UInt8]) -> [UInt8] {
        var packed = [UInt8](repeating: 0, count: content.count)
        let size = ZSTD_compress(
            &packed, packed.count, content, content.count, Packed.level)
        var out = ByteWriter(capacity: content.count + 1)
        guard ZSTD_isError(size) == 0, size + 4 < content.count else {
            out.put(UInt8(0))
            out.put(bytes: content)
            return out.bytes
        }
        out.put(UInt8(1))
        out.putVarint(UInt64(content.count))
        out.put(bytes: packed[..<size])
        return out.bytes
    }

    /// What was packed, from the place of a reader to its end; at most `limit` bytes.
    package static func unpack(
        _ reader: inout ByteReader, limit: Int
    ) throws(Malformed) -> [UInt8] {
        switch try reader.read(UInt8.self) {
        case 0:
            guard reader.remaining <= limit else { throw Malformed() }
            return try reader.take(reader.remaining)
        case 1:
            let length = try reader.readCount(limit: limit)
            return try Compressor.expand(try reader.take(reader.remaining), to: length)
        default: throw Malformed()
        }
    }
}
