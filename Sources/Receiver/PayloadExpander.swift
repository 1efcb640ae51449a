import CZlib
import CZstd

/// Gives compressed payloads their length again: one zstd frame (RFC 8878) or one zlib stream
/// (RFC 1950), as the content type says (`; encoding=zstd`), or without one the first bytes.
enum PayloadExpander {
    /// The most bytes of an expanded payload: eight times the largest message.
    static let byteLimit = 8 << 20

    private static let zstdMagic: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD]
    /// CMF of RFC 1950 for deflate with its window of 32 KiB. No format of ours begins so.
    private static let zlibMethod: UInt8 = 0x78

    /// - Parameter encoding: What the content type says; nil if there is none.
    /// - Throws: `Refusal` if it is not what it is said to be, or too long.
    static func expand(_ payload: [UInt8], encoding: String?) throws(Refusal) -> [UInt8] {
        switch encoding {
        case "zstd": try zstd(payload)
        case "deflate": try deflate(payload)
        case let encoding?:
            throw Refusal("payloads with encoding `\(encoding.prefix(100))` are not read")
        case nil: payload
        }
    }

    /// The encoding of a payload that came without a content type.
    static func guess(_ payload: [UInt8]) -> String? {
        if payload.starts(with: zstdMagic) { return "zstd" }
        return payload.first == zlibMethod ? "deflate" : nil
    }

    private static func zstd(_ payload: [UInt8]) throws(Refusal) -> [UInt8] {
        // The two last numbers say that it is not told, or that this is no frame.
        let size = ZSTD_getFrameContentSize(payload, payload.count)
        guard size <= UInt64(byteLimit) else {
            throw Refusal("not a zstd frame that tells its length, or one too long")
        }
        var bytes = [UInt8](repeating: 0, count: Int(size))
        let count = ZSTD_decompress(&bytes, bytes.count, payload, payload.count)
        guard ZSTD_isError(count) == 0, count == bytes.count else {
            throw Refusal("the zstd frame is damaged")
        }
        return bytes
    }

    private static func deflate(_ payload: [UInt8]) throws(Refusal) -> [UInt8] {
        for room in [min(byteLimit, payload.count * 16 + 1024), byteLimit] {
            var bytes = [UInt8](repeating: 0, count: room)
            var count = uLongf(room)
            let result = uncompress(&bytes, &count, payload, uLong(payload.count))
            if result == Z_OK { return Array(bytes[..<Int(count)]) }
            // Z_BUF_ERROR is a room too small, or a stream that does not end.
            guard result == Z_BUF_ERROR else { break }
        }
        throw Refusal("not a zlib stream, or one too long")
    }
}
