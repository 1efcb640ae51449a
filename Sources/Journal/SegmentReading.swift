import Telemetry

/// How frames come back: by position, across segments, with what is missing between them.
extension SegmentStore {
    /// What stands on disk at a position or next after it; nil behind the last frame.
    mutating func content(
        at position: Position, limit: Int, points: PointTable
    ) -> OutboundBatch? {
        let range = evicted.first { $0.end > position }
        let found = frame(at: position)
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
            content: content(
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
    private mutating func frame(at position: Position) -> (segment: Int, entry: Segment.Entry)? {
        for index in segments.indices where segments[index].end > position {
            if let entry = entries(of: index).first(where: { $0.header.end > position }) {
                return (index, entry)
            }
        }
        return nil
    }

    /// The frames of a segment; none if it cannot be read now.
    private mutating func entries(of index: Int) -> [Segment.Entry] {
        if let known = segments[index].entries { return known }
        for other in segments.indices.dropLast() { segments[other].entries = nil }
        let segment = segments[index]
        do throws(FileError) {
            let entries = try Segment.scan(
                file(segment.path), size: segment.size, generation: segment.header.generation)
            segments[index].entries = entries
            return entries
        } catch {
            return []
        }
    }

    /// What a segment owes at a position or next after it: readings, or ones that are missing.
    mutating func owed(at position: Position, in index: Int) -> (Epoch, Range<UInt64>)? {
        guard let entry = entries(of: index).first(where: { $0.header.end > position }) else {
            return nil
        }
        if let lost = hole(from: position, to: entry.header) {
            return (lost.epoch, lost.first..<lost.first + lost.count)
        }
        let header = entry.header
        let first = header.begin < position ? position.sequence : header.first
        return (header.epoch, first..<header.first + header.count)
    }

    /// What is missing between a position and the frame that comes next. What was settled when
    /// that frame was written is not missing.
    private func hole(from position: Position, to next: FrameHeader) -> GapRange? {
        let from = max(position, next.settled)
        guard from < next.begin else { return nil }
        if from.epoch == next.epoch.number {
            return damage(next.epoch, from.sequence..<next.first)
        }
        if next.previous > from, next.previous.epoch < next.epoch.number {
            let first = next.previous.epoch == from.epoch ? from.sequence : 0
            let epoch = Epoch(
                journal: journal(of: next.previous.epoch), number: next.previous.epoch)
            return damage(epoch, first..<next.previous.sequence)
        }
        return next.first == 0 ? nil : damage(next.epoch, 0..<next.first)
    }

    private func damage(_ epoch: Epoch, _ sequences: Range<UInt64>) -> GapRange {
        GapRange(
            epoch: epoch, first: sequences.lowerBound,
            count: sequences.upperBound - sequences.lowerBound, reason: .damaged)
    }

    /// The id that the journal had in an epoch, as far as frames in memory tell.
    private func journal(of number: UInt32) -> UInt64 {
        for segment in segments {
            for entry in segment.entries ?? [] where entry.header.epoch.number == number {
                return entry.header.epoch.journal
            }
        }
        return state.epoch.journal
    }

    private mutating func content(
        of entry: Segment.Entry, in segment: Int, from first: UInt64, limit: Int,
        points: PointTable
    ) -> OutboundBatch.Content {
        let header = entry.header
        let skipped = first - header.first
        if header.kind == .gap, let reason = header.reason {
            return .gap(count: header.count - skipped, reason: reason)
        }
        guard let readings = readings(of: entry, in: segment, points: points) else {
            return .gap(count: header.count - skipped, reason: .damaged)
        }
        let begin = Int(skipped)
        return .readings(readings.slice(begin..<min(begin + limit, readings.count)))
    }

    /// The readings of a frame; nil if it is damaged. The last one stays decoded.
    private mutating func readings(
        of entry: Segment.Entry, in segment: Int, points: PointTable
    ) -> ReadingBatch? {
        if let decoded, decoded.header == entry.header { return decoded.readings }
        do {
            let length = FrameHeader.size + entry.header.bodyLength
            let bytes = try file(segments[segment].path).readAll(count: length, at: entry.offset)
            let body = bytes.dropFirst(FrameHeader.size)
            guard bytes.count == length,
                CRC32C.checksum(body) == entry.header.bodyChecksum
            else { throw Malformed() }
            let readings = try FrameBody.decode(
                bytes, at: FrameHeader.size, length: body.count, count: Int(entry.header.count),
                points: points)
            decoded = (entry.header, readings)
            return readings
        } catch {
            counters.damagedFrames += 1
            return nil
        }
    }

    /// The file of a segment, open for reading; the last one stays open.
    private mutating func file(_ path: String) throws(FileError) -> any JournalFile {
        if let opened, opened.path == path { return opened.file }
        let file = try fileSystem.open(path, create: false)
        opened = (path, file)
        return file
    }
}
