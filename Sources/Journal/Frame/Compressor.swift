import CZstd

/// A body of columns and bits, each by zstd (RFC 8878) where that pays.
///
/// What is left to find in them are unequal frequencies and whole repetitions. The short matches
/// that zstd looks for by itself, at a higher level more of them, make columns longer.
final class Compressor {
    private static let level: Int32 = 1
    /// The shortest repetition that is one, in bytes; zstd takes no more than 7.
    private static let leastMatch: Int32 = 7
    /// Less than this saved is not worth a reader's time: one part in 20.
    private static let leastSaving = 20
    /// Below it zstd's own header eats what is saved.
    private static let leastBytes = 64

    /// Made at the first frame: a gateway whose link is up has none.
    private var context: OpaquePointer?
    private var packedColumns: [UInt8] = []
    private var packedBits: [UInt8] = []

    deinit { ZSTD_freeCCtx(context) }

    /// The body of columns and bits.
    func body(columns: [UInt8], bits: [UInt8]) -> [UInt8] {
        let shortColumns = compress(
            columns, into: &packedColumns, limit: FrameBody.largestColumns)
        let shortBits = compress(bits, into: &packedBits, limit: FrameBody.largestBits)
        let storedColumns = shortColumns ?? columns[...]
        let storedBits = shortBits ?? bits[...]
        var out = ByteWriter(capacity: 16 + storedColumns.count + storedBits.count)
        out.put(FrameBody.version)
        out.put(
            (shortColumns == nil ? 0 : FrameBody.columnsAreZstd)
                | (shortBits == nil ? 0 : FrameBody.bitsAreZstd))
        out.putVarint(UInt64(storedColumns.count))
        if shortColumns != nil { out.putVarint(UInt64(columns.count)) }
        if shortBits != nil { out.putVarint(UInt64(bits.count)) }
        out.put(bytes: storedColumns)
        out.put(bytes: storedBits)
        return out.bytes
    }

    private static func makeContext() -> OpaquePointer? {
        let context = ZSTD_createCCtx()
        ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level)
        ZSTD_CCtx_setParameter(context, ZSTD_c_minMatch, leastMatch)
        return context
    }

    /// What zstd makes of a part; nil if that is not short enough.
    private func compress(
        _ content: [UInt8], into buffer: inout [UInt8], limit: Int
    ) -> ArraySlice<UInt8>? {
        guard content.count >= Compressor.leastBytes, content.count <= limit else { return nil }
        if context == nil { context = Compressor.makeContext() }
        let room = content.count - content.count / Compressor.leastSaving
        if buffer.count < room { buffer = [UInt8](repeating: 0, count: room) }
        let size = content.withUnsafeBytes { source in
            buffer.withUnsafeMutableBytes { target in
                ZSTD_compress2(
                    context, target.baseAddress, room, source.baseAddress, source.count)
            }
        }
        // An error is a content that does not get short enough.
        return ZSTD_isError(size) == 0 ? buffer[..<size] : nil
    }
}

extension Compressor {
    /// The columns and the bits of a body that is not trusted.
    static func open(
        _ bytes: [UInt8], at offset: Int, count: Int
    ) throws(Malformed) -> (columns: [UInt8], bits: [UInt8]) {
        var reader = ByteReader(bytes, at: offset, count: count)
        guard try reader.read() == FrameBody.version else { throw Malformed() }
        let packing = try reader.read(UInt8.self)
        guard packing <= FrameBody.columnsAreZstd | FrameBody.bitsAreZstd else {
            throw Malformed()
        }
        let stored = try reader.readCount(limit: reader.remaining)
        var (columns, bits): (Int?, Int?)
        if packing & FrameBody.columnsAreZstd != 0 {
            columns = try reader.readCount(limit: FrameBody.largestColumns)
        }
        if packing & FrameBody.bitsAreZstd != 0 {
            bits = try reader.readCount(limit: FrameBody.largestBits)
        }
        return (
            try expand(try reader.take(stored), to: columns),
            try expand(try reader.take(reader.remaining), to: bits)
        )
    }

    private static func expand(_ packed: [UInt8], to length: Int?) throws(Malformed) -> [UInt8] {
        guard let length else { return packed }
        let content = [UInt8](unsafeUninitializedCapacity: length) { target, filled in
            let size = packed.withUnsafeBytes {
                ZSTD_decompress(target.baseAddress, length, $0.baseAddress, $0.count)
            }
            filled = ZSTD_isError(size) == 0 ? size : 0
        }
        guard content.count == length else { throw Malformed() }
        return content
    }
}
