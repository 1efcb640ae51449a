import CZstd

/// A body of its parts, each by zstd (RFC 8878) where that pays.
final class Compressor {
    /// Higher levels find little more here.
    private static let level: Int32 = 1
    /// Less than this saved is not worth a reader's time: one part in 20.
    private static let leastSaving = 20
    /// Below it zstd's own header eats what is saved.
    private static let leastBytes = 64

    /// Made at the first frame: a gateway whose link is up has none.
    private var context: OpaquePointer?
    private var packed = [[UInt8]](repeating: [], count: FramePart.allCases.count)

    deinit { ZSTD_freeCCtx(context) }

    /// The body of these parts, by the numbers of `FramePart`.
    ///
    /// - Parameter shape: What a portable body leaves out; nil for the body of a frame.
    func body(of parts: [[UInt8]], shape: PortableShape?) -> [UInt8] {
        let short = FramePart.allCases.map { compress(parts[$0.rawValue], $0) }
        var out = ByteWriter(capacity: 16 + parts.reduce(0) { $0 + $1.count })
        if shape == nil { out.put(FrameBody.version) }
        out.put(
            FramePart.allCases.reduce(shape?.rawValue ?? 0) { packing, part in
                short[part.rawValue] == nil ? packing : packing | part.flag
            })
        for (part, (whole, short)) in zip(FramePart.allCases, zip(parts, short)) {
            if shape?.leavesOut(part) == true { continue }
            if part != .bits { out.putVarint(UInt64(short?.count ?? whole.count)) }
            if short != nil { out.putVarint(UInt64(whole.count)) }
        }
        for (whole, short) in zip(parts, short) { out.put(bytes: short ?? whole[...]) }
        return out.bytes
    }

    /// What zstd makes of a part; nil if that is not short enough.
    private func compress(_ content: [UInt8], _ part: FramePart) -> ArraySlice<UInt8>? {
        guard content.count >= Compressor.leastBytes, content.count <= part.largest else {
            return nil
        }
        let context = prepared(part)
        let room = content.count - content.count / Compressor.leastSaving
        if packed[part.rawValue].count < room {
            packed[part.rawValue] = [UInt8](repeating: 0, count: room)
        }
        let size = content.withUnsafeBytes { source in
            packed[part.rawValue].withUnsafeMutableBytes { target in
                ZSTD_compress2(
                    context, target.baseAddress, room, source.baseAddress, source.count)
            }
        }
        // An error is a content that does not get short enough.
        return ZSTD_isError(size) == 0 ? packed[part.rawValue][..<size] : nil
    }

    private func prepared(_ part: FramePart) -> OpaquePointer? {
        if context == nil {
            context = ZSTD_createCCtx()
            ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, Compressor.level)
        }
        ZSTD_CCtx_setParameter(context, ZSTD_c_minMatch, part.leastMatch)
        return context
    }
}

extension Compressor {
    /// The parts of a body that is not trusted, by the numbers of `FramePart`.
    static func open(
        _ bytes: [UInt8], at offset: Int, count: Int
    ) throws(Malformed) -> [[UInt8]] {
        var reader = ByteReader(bytes, at: offset, count: count)
        guard try reader.read() == FrameBody.version else { throw Malformed() }
        let packing = try reader.read(UInt8.self)
        guard packing >> UInt8(FramePart.allCases.count) == 0 else { throw Malformed() }
        return try parts(&reader, packing, shape: nil)
    }

    /// The parts of a portable body that is not trusted, and what it leaves out.
    static func openPortable(
        _ bytes: [UInt8], at offset: Int
    ) throws(Malformed) -> (parts: [[UInt8]], shape: PortableShape) {
        var reader = ByteReader(bytes, at: offset)
        let packing = try reader.read(UInt8.self)
        let shape = PortableShape(rawValue: packing & ~0b111)
        return (try parts(&reader, packing, shape: shape), shape)
    }

    private static func parts(
        _ reader: inout ByteReader, _ packing: UInt8, shape: PortableShape?
    ) throws(Malformed) -> [[UInt8]] {
        var lengths: [(stored: Int?, whole: Int?)] = []
        for part in FramePart.allCases {
            if shape?.leavesOut(part) == true {
                guard packing & part.flag == 0 else { throw Malformed() }
                lengths.append((0, nil))
                continue
            }
            lengths.append(
                (
                    part == .bits ? nil : try reader.readCount(limit: reader.remaining),
                    packing & part.flag == 0 ? nil : try reader.readCount(limit: part.largest)
                ))
        }
        var parts: [[UInt8]] = []
        for (stored, whole) in lengths {
            let content = try reader.take(stored ?? reader.remaining)
            parts.append(try expand(content, to: whole))
        }
        return parts
    }

    /// A part as it was; nil for one that stands as it was.
    static func expand(_ packed: [UInt8], to length: Int?) throws(Malformed) -> [UInt8] {
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
