import Frames
import Telemetry

/// How frames come back: by position, across segments, with what is missing between them.
extension SegmentStore {
    /// How often in a row a read may fail before what it was for counts as damaged.
    static let readTries = 60

    /// What stands on disk at a position or next after it, at most `limit` readings of it; nil
    /// behind the last frame.
    ///
    /// - Throws: What the disk says to a read; after `readTries` of them in a row what cannot be
    ///   read counts as damaged.
    mutating func content(
        at position: Position, limit: Int, points: PointTable
    ) throws(FileError) -> OutboundBatch? {
        let range = evicted.first { $0.end > position }
        let found = try frame(at: position)
        if let range, range.begin < found?.entry.header.begin ?? end {
            return gap(range, from: position, anchor: found?.entry.header.anchor)
        }
        guard let (segment, entry) = found else { return nil }
        if let lost = hole(from: position, to: entry.header) {
            return gap(lost, from: position, anchor: entry.header.anchor)
        }
        let header = entry.header
        let first = header.begin < position ? position.sequence : header.first
        return OutboundBatch(
            epoch: header.epoch, firstSequence: first,
            content: try content(
                of: entry, in: segment, from: first, limit: limit, points: points),
            anchor: header.anchor)
    }

    private func gap(_ range: GapRange, from position: Position, anchor: ClockAnchor?)
        -> OutboundBatch
    {
        let skipped = range.begin < position ? position.sequence - range.first : 0
        let unknown = ClockAnchor(
            boot: BootID(high: 0, low: 0), instant: Instant(nanoseconds: 0),
            wall: WallTime(nanosecondsSince1970: 0), quality: .unsynchronized)
        return OutboundBatch(
            epoch: range.epoch, firstSequence: range.first + skipped,
            content: .gap(count: range.count - skipped, reason: range.reason),
            anchor: anchor ?? unknown)
    }

    /// The first frame that reaches beyond a position.
    private mutating func frame(
        at position: Position
    ) throws(FileError) -> (segment: Int, entry: Segment.Entry)? {
        for index in segments.indices where segments[index].end > position {
            if let entry = try entries(of: index).first(where: { $0.header.end > position }) {
                return (index, entry)
            }
        }
        return nil
    }

    /// The frames of a segment. Those of one other than the last are kept at a time.
    private mutating func entries(of index: Int) throws(FileError) -> [Segment.Entry] {
        if let known = segments[index].entries { return known }
        for other in segments.indices.dropLast() { segments[other].entries = nil }
        do throws(FileError) {
            try readEntries(of: index)
        } catch {
            guard isHopeless(error) else { throw error }
            segments[index].entries = []
        }
        failedReads = 0
        return segments[index].entries ?? []
    }

    /// Counts a failed read; whether there were so many in a row that no more are worth it.
    private mutating func isHopeless(_ error: FileError) -> Bool {
        failedReads += 1
        opened = nil
        guard failedReads >= SegmentStore.readTries else { return false }
        failedReads = 0
        return true
    }

    /// Finds the frames of a segment, and copies what is damaged between them.
    mutating func readEntries(of index: Int) throws(FileError) {
        let segment = segments[index]
        let content = try segment.content(of: file(segment.path))
        let isLast = index == segments.count - 1
        // What reaches beyond the next segment's beginning was not acknowledged as written, and
        // stands there again.
        segments[index].entries = content.entries.filter {
            isLast || $0.header.end <= segment.end
        }
        for range in content.damage { quarantine(range, of: segment) }
    }

    /// What a segment owes at a position or next after it: readings, or ones that are missing.
    mutating func owed(at position: Position, in index: Int) throws(FileError) -> GapRange? {
        let entries = try entries(of: index)
        guard let entry = entries.first(where: { $0.header.end > position }) else { return nil }
        if let lost = hole(from: position, to: entry.header) { return lost }
        let header = entry.header
        let first = header.begin < position ? position.sequence : header.first
        return GapRange(
            epoch: header.epoch, first: first, count: header.first + header.count - first,
            reason: header.reason ?? .journalFull)
    }

    /// What is missing between a position and the frame that comes next: it must have been
    /// written, for that frame names the one before it, and it was not settled by then. What lies
    /// between those two was settled while it was in memory.
    private func hole(from position: Position, to next: FrameHeader) -> GapRange? {
        let end = min(next.previous, next.begin)
        var from = settled.firstUnsettled(from: max(position, next.settled))
        if from.epoch < end.epoch {
            // How many an earlier epoch had behind its last frame nobody knows.
            from = settled.firstUnsettled(from: Position(epoch: end.epoch, sequence: 0))
        }
        guard from < end else { return nil }
        let stop = settled.nextSettled(after: from).map { min($0, end) } ?? end
        return GapRange(
            epoch: Epoch(journal: journal(of: end.epoch, next), number: end.epoch),
            first: from.sequence, count: stop.sequence - from.sequence, reason: .damaged)
    }

    /// The id that the journal had in an epoch, as far as is known.
    private func journal(of number: UInt32, _ next: FrameHeader) -> UInt64 {
        if number == next.epoch.number { return next.epoch.journal }
        for segment in segments {
            for entry in segment.entries ?? [] where entry.header.epoch.number == number {
                return entry.header.epoch.journal
            }
        }
        return segments.last { $0.header.first.epoch <= number }?.header.journal
            ?? next.epoch.journal
    }

    private mutating func content(
        of entry: Segment.Entry, in segment: Int, from first: UInt64, limit: Int,
        points: PointTable
    ) throws(FileError) -> OutboundBatch.Content {
        let header = entry.header
        let skipped = first - header.first
        if header.kind == .gap, let reason = header.reason {
            return .gap(count: header.count - skipped, reason: reason)
        }
        guard let readings = try readings(of: entry, in: segment, points: points) else {
            return .gap(count: header.count - skipped, reason: .damaged)
        }
        let begin = Int(skipped)
        return .readings(readings.slice(begin..<min(begin + limit, readings.count)))
    }

    /// The readings of a frame; nil if it is damaged. The last one stays decoded.
    private mutating func readings(
        of entry: Segment.Entry, in segment: Int, points: PointTable
    ) throws(FileError) -> ReadingBatch? {
        if let decoded, decoded.header == entry.header { return decoded.readings }
        let header = entry.header
        do {
            let bytes = try body(of: entry, in: segments[segment].path)
            let readings = try FrameBody.decode(
                bytes, at: 0, length: bytes.count, count: Int(header.count), points: points)
            decoded = (header, readings)
            failedReads = 0
            return readings
        } catch let error as FileError where !isHopeless(error) {
            throw error
        } catch {
            counters.damagedFrames += 1
            let range = entry.offset..<entry.offset + header.paddedLength
            quarantine(range, of: segments[segment])
            return nil
        }
    }

    /// A frame's body, if it is what the header says.
    private mutating func body(of entry: Segment.Entry, in path: String) throws -> [UInt8] {
        let bytes = try file(path).readAll(
            count: entry.header.bodyLength, at: entry.offset + FrameHeader.size)
        guard bytes.count == entry.header.bodyLength,
            CRC32C.checksum(bytes) == entry.header.bodyChecksum
        else { throw Malformed() }
        return bytes
    }

    /// The file of a segment, open for reading; the last one stays open.
    mutating func file(_ path: String) throws(FileError) -> any JournalFile {
        if let opened, opened.path == path { return opened.file }
        let file = try fileSystem.open(path, create: false)
        opened = (path, file)
        return file
    }
}
