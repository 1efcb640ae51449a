import CZlib

/// gzip (RFC 1952) of what is in memory.
enum Gzip {
    /// zlib's own default: a bundle is made once and goes over a slow link.
    private static let level: Int32 = 6
    /// The largest window, 15, in gzip's format, 16 more.
    private static let windowBits: Int32 = 31

    /// The bytes, compressed; nil if there is no memory for it.
    static func compress(_ bytes: [UInt8]) -> [UInt8]? {
        var stream = z_stream()
        guard armadio_deflate_init(&stream, level, windowBits) == Z_OK else { return nil }
        defer { deflateEnd(&stream) }
        let bound = Int(deflateBound(&stream, uLong(bytes.count)))
        // zlib does not write to what it reads, though its type would allow it.
        var (input, output) = (bytes, [UInt8](repeating: 0, count: bound))
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
