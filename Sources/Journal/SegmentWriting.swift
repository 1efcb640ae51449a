import Frames
import Telemetry

/// How frames get to the disk: as many as fit the active segment, in one write and one sync.
extension SegmentStore {
    /// Writes the first of the drafts, as many as go into one segment, and syncs. Answers how
    /// many they were. After a failure nothing of them counts as written, and the segment takes
    /// no more frames: a second sync would prove nothing (reference: fsync(2), errors).
    mutating func commit(_ drafts: ArraySlice<FrameDraft>) throws(FileError) -> Int {
        guard let first = drafts.first else { return 0 }
        if !hasRoom(for: first) {
            active = nil
            try beginSegment(first.header)
        }
        guard let file = active else { return 0 }
        let (bytes, entries) = layOut(drafts)
        let offset = segments[segments.count - 1].used
        do throws(FileError) {
            let start = offset == Page.size ? 0 : offset
            counters.willWrite(offset + bytes.count - start)
            counters.frameBytes += UInt64(bytes.count)
            let head = start == 0 ? segments[segments.count - 1].header.encoded() : []
            if start == 0, !evicted.isEmpty {
                // What was given up is known on disk before it is overwritten.
                counters.willWrite(Page.size)
                try file.writeAll(head, at: start)
                try file.sync()
            }
            try file.writeAll(head + bytes, at: start)
            try file.sync()
        } catch {
            abandonActive()
            throw error
        }
        accept(entries, through: offset + bytes.count)
        return entries.count
    }

    /// Whether the active segment takes a frame.
    func hasRoom(for draft: FrameDraft) -> Bool {
        guard active != nil, let last = segments.last else { return false }
        return last.size - last.used >= Page.roundUp(FrameHeader.size + draft.body.count)
    }

    /// The bytes of as many drafts as have room, and where each begins.
    private func layOut(_ drafts: ArraySlice<FrameDraft>) -> ([UInt8], [Segment.Entry]) {
        guard let segment = segments.last else { return ([], []) }
        var out = ByteWriter(capacity: Page.size * drafts.count)
        var entries: [Segment.Entry] = []
        var previous = end
        for draft in drafts {
            let offset = segment.used + out.bytes.count
            var header = draft.header
            header.bodyLength = draft.body.count
            guard offset + header.paddedLength <= segment.size else { break }
            header.bodyChecksum = CRC32C.checksum(draft.body)
            header.generation = segment.header.generation
            header.page = UInt32(offset / Page.size)
            header.settled = settled.prefix
            header.previous = previous
            out.put(bytes: header.encoded())
            out.put(bytes: draft.body)
            out.pad(to: Page.roundUp(out.bytes.count))
            entries.append(Segment.Entry(offset: offset, header: header))
            previous = header.end
        }
        return (out.bytes, entries)
    }

    private mutating func accept(_ entries: [Segment.Entry], through used: Int) {
        let last = segments.count - 1
        segments[last].entries?.append(contentsOf: entries)
        segments[last].used = used
        segments[last].end = entries.last?.header.end ?? segments[last].end
    }

    /// Closes the active segment for good. One that never held a frame is nobody's any more.
    private mutating func abandonActive() {
        active = nil
        guard let last = segments.last else { return }
        if last.used == Page.size {
            segments.removeLast()
            spares.append(last.path)
        } else {
            segments[segments.count - 1].used = last.size
        }
    }

    /// Makes a file ready to take frames: a spare, a settled one, a new one, or the oldest.
    private mutating func beginSegment(_ frame: FrameHeader) throws(FileError) {
        let previous = end
        let (path, isPresent) = try freePath()
        do throws(FileError) {
            active = isPresent ? try file(ready: path) : try make(path)
        } catch {
            if isPresent { spares.append(path) }
            throw error
        }
        // A full segment is scanned again when it is sent: a long outage must not fill memory.
        for index in segments.indices { segments[index].entries = nil }
        generation += 1
        let header = SegmentHeader(
            generation: generation, journal: frame.epoch.journal, first: frame.begin,
            previous: previous, settled: settled.prefix, evicted: evicted)
        segments.append(
            Segment(
                path: path, size: limits.size, header: header, end: previous, used: Page.size,
                entries: []))
    }

    private mutating func freePath() throws(FileError) -> (path: String, isPresent: Bool) {
        if !spares.isEmpty { return (spares.removeFirst(), true) }
        let isFull = bytes + limits.size > limits.count * limits.size
        let settledCount = segments.prefix { $0.end <= cursor }.count
        if settledCount > 0, isFull || settledCount >= limits.retained {
            return (takeOldest(), true)
        }
        if isFull && segments.count > 1 {
            try evictOldest()
            return (takeOldest(), true)
        }
        return (newPath, false)
    }

    /// The name of a file that is not there.
    private var newPath: String {
        let taken = Set(segments.map(\.path) + spares)
        var number = segments.count
        while taken.contains(path(number: number)) { number += 1 }
        return path(number: number)
    }

    /// Room in the active segment that makes a spare one unneeded: what a full memory of numbers
    /// takes on the disk.
    private static let ampleRoom = 1 << 20

    /// Makes a file for the frames to come if none is ready, so that a commit in haste has not to fill
    /// one with zeros first. Does nothing where settled files are to be used again, or at the limit.
    mutating func prepare() throws(FileError) {
        let room = active == nil ? 0 : segments.last.map { $0.size - $0.used } ?? 0
        let isFull = bytes + limits.size > limits.count * limits.size
        guard room < min(Self.ampleRoom, limits.size / 2), spares.isEmpty, !isFull,
            segments.prefix(while: { $0.end <= cursor }).count < limits.retained
        else { return }
        let path = newPath
        _ = try make(path)
        spares.append(path)
    }

    private func path(number: Int) -> String {
        let digits = String(number)
        let zeros = String(repeating: "0", count: max(6 - digits.count, 0))
        return directory + "/" + priority.filePrefix + zeros + digits + Segment.fileSuffix
    }

    private mutating func takeOldest() -> String {
        let segment = segments.removeFirst()
        close(segment.path)
        return segment.path
    }

    /// Notes what the oldest segment still owed as given up.
    private mutating func evictOldest() throws(FileError) {
        // What is missing before the segment has no other record.
        var position = evicted.last?.end ?? .start
        while let owed = try owed(at: settled.firstUnsettled(from: position), in: 0) {
            let sequences = owed.first..<owed.first + owed.count
            for part in settled.unsettled(sequences, epoch: owed.epoch.number) {
                giveUp(part, of: owed.epoch)
            }
            position = owed.end
        }
    }

    private mutating func giveUp(_ sequences: Range<UInt64>, of epoch: Epoch) {
        let range = GapRange(
            epoch: epoch, first: sequences.lowerBound,
            count: sequences.upperBound - sequences.lowerBound,
            reason: .journalFull)
        evictedCount = evictedCount.adding(range.count)
        if evicted.isEmpty || !evicted[evicted.count - 1].join(range) { evicted.append(range) }
    }

    /// A file of a segment's size: then a commit changes no metadata and costs one flush. One of
    /// another size is made anew.
    private mutating func file(ready path: String) throws(FileError) -> any JournalFile {
        let present = try fileSystem.open(path, create: false)
        if try present.size() == limits.size { return present }
        return try make(path)
    }

    /// Makes a file full of zeros. It gets its name when they are on the disk: what a power cut
    /// leaves of a file that was being filled may be the frames of another, removed before.
    private mutating func make(_ path: String) throws(FileError) -> any JournalFile {
        let unready = path + SegmentStore.unreadySuffix
        let file = try fileSystem.open(unready, create: true)
        try file.truncate(to: 0)
        let zeros = [UInt8](repeating: 0, count: 64 * Page.size)
        for offset in stride(from: 0, to: limits.size, by: zeros.count) {
            let count = min(zeros.count, limits.size - offset)
            try file.writeAll(count == zeros.count ? zeros : Array(zeros[..<count]), at: offset)
        }
        counters.willWrite(limits.size)
        try file.sync()
        try fileSystem.rename(unready, to: path)
        try fileSystem.syncDirectory(directory)
        return file
    }

    /// How the name of a file ends that is being filled.
    static let unreadySuffix = ".new"
}
