import CZlib

/// zlib's compression of what is in memory.
public enum Deflate {
    /// What stands around the compressed bytes.
    public enum Format: Int32 {
        /// RFC 1950.
        case zlib = 15
        /// RFC 1952.
        case gzip = 31
    }

    /// How much time is spent for a smaller size (zlib's levels).
    public enum Effort: Int32 {
        /// On telemetry within a few per cent of the best; zlib's level 6 takes three times as
        /// long on a board's processor.
        case fast = 3
        /// For what is made once and goes over a slow link.
        case thorough = 6
    }

    /// The bytes, compressed; nil if they do not become smaller, or there is no memory.
    public static func compress(
        _ bytes: ArraySlice<UInt8>, _ format: Format, _ effort: Effort = .fast
    ) -> [UInt8]? {
        var stream = z_stream()
        guard armadio_deflate_init(&stream, effort.rawValue, format.rawValue) == Z_OK else {
            return nil
        }
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
