import CZlib

/// zlib's compression of one payload.
enum Deflate {
    /// What stands around the compressed bytes.
    enum Format: Int32 {
        /// RFC 1950.
        case zlib = 15
        /// RFC 1952.
        case gzip = 31
    }

    /// Fast, and on telemetry within a few per cent of the best: zlib's level 6 takes three
    /// times as long on a board's processor.
    private static let level: Int32 = 3

    /// The bytes, compressed; nil if they do not become smaller, or there is no memory.
    static func compress(_ bytes: ArraySlice<UInt8>, _ format: Format) -> [UInt8]? {
        var stream = z_stream()
        guard armadio_deflate_init(&stream, level, format.rawValue) == Z_OK else { return nil }
        defer { deflateEnd(&stream) }
        // zlib does not write to what it reads, though its type would allow it.
        var (input, output) = (Array(bytes), [UInt8](repeating: 0, count: bytes.count))
        let (result, written) = input.withUnsafeMutableBufferPointer { input in
            output.withUnsafeMutableBufferPointer { output in
                stream.next_in = input.baseAddress
                stream.avail_in = UInt32(clamping: input.count)
                stream.next_out = output.baseAddress
                stream.avail_out = UInt32(clamping: output.count)
                return (deflate(&stream, Z_FINISH), Int(stream.total_out))
            }
        }
        return result == Z_STREAM_END ? Array(output.prefix(written)) : nil
    }
}
