import CZstd

/// zstd (RFC 8878) over a frame's body, where it pays.
final class Compressor {
    /// The default level: a microsecond a kilobyte.
    private static let level: Int32 = 3
    /// Less than this saved is not worth a reader's time: one part in 20.
    private static let leastSaving = 20
    /// Below it the frame's own overhead eats what is saved.
    private static let leastBytes = 96

    /// Made at the first frame: a gateway whose link is up has none.
    private var context: OpaquePointer?
    private var buffer: [UInt8] = []

    deinit { ZSTD_freeCCtx(context) }

    /// The body with this content.
    func body(of content: [UInt8]) -> [UInt8] {
        var out = ByteWriter(capacity: content.count + 16)
        out.put(FrameBody.version)
        if let packed = compress(content) {
            out.put(FrameBody.zstd)
            out.putVarint(UInt64(content.count))
            out.put(bytes: packed)
        } else {
            out.put(FrameBody.plain)
            out.put(bytes: content)
        }
        return out.bytes
    }

    private func compress(_ content: [UInt8]) -> ArraySlice<UInt8>? {
        guard content.count >= Compressor.leastBytes, content.count <= FrameBody.largestContent
        else { return nil }
        if context == nil { context = ZSTD_createCCtx() }
        let bound = content.count - content.count / Compressor.leastSaving
        if buffer.count < bound { buffer = [UInt8](repeating: 0, count: bound) }
        let size = content.withUnsafeBytes { source in
            buffer.withUnsafeMutableBytes { target in
                ZSTD_compressCCtx(
                    context, target.baseAddress, bound, source.baseAddress, source.count,
                    Compressor.level)
            }
        }
        // An error is a content that does not get short enough.
        return ZSTD_isError(size) == 0 ? buffer[..<size] : nil
    }

    /// The content of a body.
    static func content(
        _ bytes: [UInt8], at offset: Int, count: Int
    ) throws(Malformed) -> [UInt8] {
        var reader = ByteReader(bytes, at: offset, count: count)
        guard try reader.read() == FrameBody.version else { throw Malformed() }
        switch try reader.read(UInt8.self) {
        case FrameBody.plain: return reader.rest()
        case FrameBody.zstd:
            let length = try reader.readCount(limit: FrameBody.largestContent)
            return try expand(reader.rest(), to: length)
        default: throw Malformed()
        }
    }

    private static func expand(_ packed: [UInt8], to length: Int) throws(Malformed) -> [UInt8] {
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
