import Frames
import Telemetry

/// A segment is a file of fixed size, filled with zeros when it is created, whose first page is
/// this header and whose other pages are frames, one behind the other. The header is written
/// together with the segment's first frames. A segment that is used again gets a new header
/// with the next generation over the old content; frames of an older generation are void.
///
/// ```
///    0  8  magic "ARMSEGMT"
///    8  2  version, 1
///   10  2  how many evicted ranges follow (at most 48)
///   12  4  zero
///   16  8  generation: one more than any segment before it
///   24  8  journal id
///   32 12  first: epoch and sequence of the first frame
///   44 12  previous: epoch and sequence behind the segment before this one
///   56 12  settled: epoch and sequence before which nothing is owed
///   68     evicted ranges: journal id 8, first 8, count 8, epoch 4, reason 4
/// 4092  4  CRC32C of bytes 0 to 4091
/// ```
struct SegmentHeader: Equatable {
    var generation: UInt64
    var journal: UInt64
    var first: Position
    var previous: Position
    var settled: Position
    /// What was given up to make room and has not been reported yet.
    var evicted: [GapRange] = []

    /// The most ranges that are kept: they fit the page. A range is one epoch's, so only the 49th
    /// restart with a full journal and no link would lose one.
    static let listLimit = 48

    /// The highest generation that is believed: no card lives to see it.
    static let largestGeneration: UInt64 = 1 << 62
    /// The highest generation that a start goes on behind: far more are left than one run takes.
    static let lastStart = largestGeneration - 1 << 32

    private static let magic: UInt64 = 0x544D_4745_534D_5241
    private static let version: UInt16 = 1
    static let format = PageFormat(magic: magic, version: version)

    /// The header's page.
    func encoded() -> [UInt8] {
        let evicted = evicted.suffix(SegmentHeader.listLimit)
        var out = ByteWriter(capacity: Page.size)
        out.put(SegmentHeader.magic)
        out.put(SegmentHeader.version)
        out.put(UInt16(evicted.count))
        out.put(UInt32(0))
        out.put(generation)
        out.put(journal)
        out.put(first)
        out.put(previous)
        out.put(settled)
        for range in evicted {
            out.put(range.epoch.journal)
            out.put(range.first)
            out.put(range.count)
            out.put(range.epoch.number)
            out.put(UInt32(range.reason.rawValue))
        }
        out.pad(to: Page.size - 4)
        out.put(CRC32C.checksum(out.bytes))
        return out.bytes
    }
}

extension SegmentHeader {
    /// Reads a header's page; nil unless it is whole and known.
    init?(_ page: [UInt8]) {
        guard page.count == Page.size else { return nil }
        do {
            var checksum = ByteReader(page, at: Page.size - 4)
            guard try checksum.read() == CRC32C.checksum(page[..<(Page.size - 4)]) else {
                return nil
            }
            var reader = ByteReader(page, count: Page.size - 4)
            try self.init(reading: &reader)
        } catch {
            return nil
        }
    }

    private init(reading reader: inout ByteReader) throws(Malformed) {
        guard try reader.read() == SegmentHeader.magic,
            try reader.read() == SegmentHeader.version
        else { throw Malformed() }
        let ranges = Int(try reader.read(UInt16.self))
        _ = try reader.read(UInt32.self)
        guard ranges <= SegmentHeader.listLimit else { throw Malformed() }
        generation = try reader.read()
        journal = try reader.read()
        first = try reader.readPosition()
        previous = try reader.readPosition()
        settled = try reader.readPosition()
        guard generation <= SegmentHeader.largestGeneration, first.epoch <= Epoch.largestNumber,
            max(previous, settled) <= first
        else {
            throw Malformed()
        }
        for _ in 0..<ranges { evicted.append(try GapRange(reading: &reader)) }
        guard evicted.allSatisfy({ $0.end <= first }) else { throw Malformed() }
    }
}

/// Consecutive sequence numbers of one epoch that were given up.
struct GapRange: Hashable {
    var epoch: Epoch
    var first: UInt64
    var count: UInt64
    var reason: GapReason

    var begin: Position { Position(epoch: epoch.number, sequence: first) }
    var end: Position { Position(epoch: epoch.number, sequence: first + count) }

    /// Takes up a range that begins where this one ends; false if it does not.
    mutating func join(_ next: GapRange) -> Bool {
        guard next.epoch == epoch, next.first == first + count, next.reason == reason else {
            return false
        }
        count += next.count
        return true
    }
}

extension GapRange {
    init(reading reader: inout ByteReader) throws(Malformed) {
        let journal = try reader.read(UInt64.self)
        let first = try reader.read(UInt64.self)
        let count = try reader.read(UInt64.self)
        let number = try reader.read(UInt32.self)
        let code = UInt8(truncatingIfNeeded: try reader.read(UInt32.self))
        let epoch = Epoch(journal: journal, number: number)
        guard let reason = GapReason(rawValue: code), epoch.isPlausible,
            !first.addingReportingOverflow(count).overflow
        else { throw Malformed() }
        self.init(epoch: epoch, first: first, count: count, reason: reason)
    }
}
