import CZlib

/// zlib's other direction, for what tests read.
enum Inflate {
    struct Failure: Error {
        var code: Int32
    }

    /// The most bytes that a test's payload unpacks to.
    private static let limit = 1 << 20

    /// What compressed bytes were, in zlib's format or in gzip's.
    static func bytes(_ compressed: [UInt8], isGZIP: Bool) throws -> [UInt8] {
        var stream = z_stream()
        let size = Int32(MemoryLayout<z_stream>.size)
        let code = inflateInit2_(&stream, isGZIP ? 31 : 15, ZLIB_VERSION, size)
        guard code == Z_OK else { throw Failure(code: code) }
        defer { inflateEnd(&stream) }
        var (input, output) = (compressed, [UInt8](repeating: 0, count: limit))
        let result = input.withUnsafeMutableBufferPointer { input in
            output.withUnsafeMutableBufferPointer { output in
                stream.next_in = input.baseAddress
                stream.avail_in = UInt32(input.count)
                stream.next_out = output.baseAddress
                stream.avail_out = UInt32(output.count)
                return inflate(&stream, Z_FINISH)
            }
        }
        guard result == Z_STREAM_END else { throw Failure(code: result) }
        return Array(output.prefix(Int(stream.total_out)))
    }
}
