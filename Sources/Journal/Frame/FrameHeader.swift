import Frames
import Telemetry

/// A frame is consecutive readings of one epoch and one boot, or the record of a gap. It
/// starts on a page, is padded with zeros to whole pages, is written once and stands alone.
/// All numbers are little-endian.
///
/// ```
///   0  8  magic "ARMFRAME"
///   8  2  version, 1
///  10  1  kind: 1 readings, 2 gap
///  11  1  reason of the gap (GapReason), 0 for readings
///  12  4  page of the segment that this header stands on
///  16  8  journal id
///  24  8  generation of the segment: another one means a frame of the segment's former life
///  32  8  sequence number of the first reading
///  40  8  how many readings, or how many were given up
///  48  4  epoch number
///  52  4  bytes of body
///  56  4  CRC32C of the body
///  60  1  quality of the anchor (ClockQuality)
///  61  3  zero
///  64 16  boot id, upper half first
///  80  8  anchor: nanoseconds on the boot clock
///  88  8  anchor: nanoseconds since 1970
///  96 12  settled: epoch and sequence before which nothing was owed when this was written
/// 108 12  previous: epoch and sequence behind the frame written before this one
/// 120  4  zero
/// 124  4  CRC32C of bytes 0 to 123
/// 128     body (FrameBody)
/// ```
///
/// The header lies in one 512-byte sector, which a disk writes whole or not at all. What lies
/// between `settled` or the frame before (the later of the two) and this frame is lost.
struct FrameHeader: Equatable {
    enum Kind: UInt8 {
        case readings = 1
        case gap = 2
    }

    var kind: Kind
    var reason: GapReason?
    var page: UInt32 = 0
    var generation: UInt64 = 0
    var epoch: Epoch
    var first: UInt64
    var count: UInt64
    var bodyLength = 0
    var bodyChecksum: UInt32 = 0
    var anchor: ClockAnchor
    var settled = Position.start
    var previous = Position.start

    static let size = 128
    /// The most bytes of one frame, header and padding included: bounds what is read at a time.
    static let largestFrame = 1 << 20
    /// The most readings of one frame: bounds what one frame takes in memory.
    static let largestCount = UInt64(FrameBody.largestCount)

    private static let magic: UInt64 = 0x454D_4152_464D_5241
    private static let version: UInt16 = 1
    static let format = PageFormat(magic: magic, version: version, size: size)

    /// The position of the first reading.
    var begin: Position { Position(epoch: epoch.number, sequence: first) }
    /// The position behind the last reading.
    var end: Position { Position(epoch: epoch.number, sequence: first + count) }
    /// Header, body and padding.
    var paddedLength: Int { Page.roundUp(FrameHeader.size + bodyLength) }

    /// The header's bytes.
    func encoded() -> [UInt8] {
        var out = ByteWriter(capacity: FrameHeader.size)
        out.put(FrameHeader.magic)
        out.put(FrameHeader.version)
        out.put(kind.rawValue)
        out.put(reason?.rawValue ?? 0)
        out.put(page)
        out.put(epoch.journal)
        out.put(generation)
        out.put(first)
        out.put(count)
        out.put(epoch.number)
        out.put(UInt32(bodyLength))
        out.put(bodyChecksum)
        out.put(UInt32(anchor.quality.rawValue))
        out.put(anchor.boot.high)
        out.put(anchor.boot.low)
        out.put(anchor.instant.nanoseconds)
        out.put(anchor.wall.nanosecondsSince1970)
        out.put(settled)
        out.put(previous)
        out.put(UInt32(0))
        out.put(CRC32C.checksum(out.bytes))
        return out.bytes
    }
}

extension FrameHeader {
    /// Reads the header that stands at the beginning of these bytes. Nil unless it is whole,
    /// known and plausible: what it claims fits a segment, and its numbers do not overflow.
    ///
    /// One wrong bit is mended: the loss of the last frame would be noticed by nothing else.
    init?(_ bytes: [UInt8]) {
        guard bytes.count >= FrameHeader.size else { return nil }
        var bytes = Array(bytes[..<FrameHeader.size])
        if let whole = FrameHeader(whole: bytes) {
            self = whole
            return
        }
        guard FrameHeader.isNearlyMagic(bytes) else { return nil }
        for bit in 0..<FrameHeader.size * 8 {
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            if let mended = FrameHeader(whole: bytes) {
                self = mended
                return
            }
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
        }
        return nil
    }

    /// Whether at most one bit of the magic is wrong: what never was a header costs no more.
    private static func isNearlyMagic(_ bytes: [UInt8]) -> Bool {
        let found = bytes.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }
        return (UInt64(littleEndian: found) ^ magic).nonzeroBitCount <= 1
    }

    private init?(whole bytes: [UInt8]) {
        do {
            var reader = ByteReader(bytes, count: FrameHeader.size)
            try self.init(reading: &reader)
            guard try reader.read() == CRC32C.checksum(bytes[..<(FrameHeader.size - 4)]) else {
                return nil
            }
        } catch {
            return nil
        }
    }

    private init(reading reader: inout ByteReader) throws(Malformed) {
        guard try reader.read() == FrameHeader.magic,
            try reader.read() == FrameHeader.version,
            let kind = Kind(rawValue: try reader.read())
        else { throw Malformed() }
        let reason = GapReason(rawValue: try reader.read())
        guard (kind == .gap) == (reason != nil) else { throw Malformed() }
        self.kind = kind
        self.reason = reason
        page = try reader.read()
        let journal = try reader.read(UInt64.self)
        generation = try reader.read()
        first = try reader.read()
        count = try reader.read()
        epoch = Epoch(journal: journal, number: try reader.read())
        bodyLength = Int(try reader.read(UInt32.self))
        bodyChecksum = try reader.read()
        guard
            let quality = ClockQuality(
                rawValue: UInt8(truncatingIfNeeded: try reader.read(UInt32.self)))
        else { throw Malformed() }
        let boot = BootID(high: try reader.read(), low: try reader.read())
        anchor = ClockAnchor(
            boot: boot, instant: Instant(nanoseconds: try reader.read()),
            wall: WallTime(nanosecondsSince1970: try reader.read()), quality: quality)
        settled = try reader.readPosition()
        previous = try reader.readPosition()
        _ = try reader.read(UInt32.self)
        guard isPlausible else { throw Malformed() }
    }

    private var isPlausible: Bool {
        count > 0 && !first.addingReportingOverflow(count).overflow && epoch.isPlausible
            && max(settled, previous) <= begin && generation <= SegmentHeader.largestGeneration
            && (kind == .gap || count <= FrameHeader.largestCount)
            && paddedLength <= FrameHeader.largestFrame
    }
}
