import CZlib
import CZstd
import Synchronization

/// Makes messages shorter. Its context and its buffer stay between calls.
final class SenMLCompressor: Sendable {
    /// zstd's own default: higher levels find little more in records.
    private static let zstdLevel: Int32 = 3
    /// zlib's own default.
    private static let deflateLevel: Int32 = 6
    /// The window of RFC 1950: 32 KiB.
    private static let deflateWindowBits: Int32 = 15

    private let compression: SenMLOptions.Compression
    private let state = Mutex(State())

    init(_ compression: SenMLOptions.Compression) {
        self.compression = compression
    }

    /// `bytes` made shorter; nil if that does not make them shorter.
    func compress(_ bytes: [UInt8]) -> [UInt8]? {
        guard bytes.count > 1 else { return nil }
        return state.withLock { state in
            switch compression {
            case .none: nil
            case .zstd: state.zstd(bytes, level: Self.zstdLevel)
            case .deflate:
                state.deflate(
                    bytes, level: Self.deflateLevel, windowBits: Self.deflateWindowBits)
            }
        }
    }

    /// What the libraries hold. Made when it is needed first.
    private struct State: ~Copyable {
        private var zstdContext: OpaquePointer?
        private var stream: UnsafeMutablePointer<z_stream>?
        private var buffer: [UInt8] = []

        deinit {
            ZSTD_freeCCtx(zstdContext)
            if let stream {
                deflateEnd(stream)
                stream.deallocate()
            }
        }

        /// Room for one byte less than there is: what does not fit is not shorter.
        private mutating func prepareBuffer(for count: Int) -> Int {
            if buffer.count < count - 1 { buffer = [UInt8](repeating: 0, count: count - 1) }
            return count - 1
        }

        mutating func zstd(_ bytes: [UInt8], level: Int32) -> [UInt8]? {
            if zstdContext == nil {
                zstdContext = ZSTD_createCCtx()
                ZSTD_CCtx_setParameter(zstdContext, ZSTD_c_compressionLevel, level)
            }
            guard let zstdContext else { return nil }
            let room = prepareBuffer(for: bytes.count)
            let size = bytes.withUnsafeBytes { source in
                buffer.withUnsafeMutableBytes { target in
                    ZSTD_compress2(
                        zstdContext, target.baseAddress, room, source.baseAddress, source.count)
                }
            }
            // An error is a content that does not get shorter.
            return ZSTD_isError(size) == 0 ? Array(buffer[..<size]) : nil
        }

        mutating func deflate(_ bytes: [UInt8], level: Int32, windowBits: Int32) -> [UInt8]? {
            guard let stream = readyStream(level, windowBits) else { return nil }
            let room = prepareBuffer(for: bytes.count)
            // zlib's input is not const, but it does not write to it (zlib.h).
            let result = bytes.withUnsafeBufferPointer { source in
                buffer.withUnsafeMutableBufferPointer { target in
                    stream.pointee.next_in = UnsafeMutablePointer(mutating: source.baseAddress)
                    stream.pointee.avail_in = UInt32(source.count)
                    stream.pointee.next_out = target.baseAddress
                    stream.pointee.avail_out = UInt32(room)
                    return CZlib.deflate(stream, Z_FINISH)
                }
            }
            guard result == Z_STREAM_END else { return nil }
            return Array(buffer[..<(room - Int(stream.pointee.avail_out))])
        }

        private mutating func readyStream(
            _ level: Int32, _ windowBits: Int32
        ) -> UnsafeMutablePointer<z_stream>? {
            if let stream { return deflateReset(stream) == Z_OK ? stream : nil }
            let made = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
            made.initialize(to: z_stream())
            guard armadio_deflate_init(made, level, windowBits) == Z_OK else {
                made.deallocate()
                return nil
            }
            stream = made
            return made
        }
    }
}
