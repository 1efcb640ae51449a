import Telemetry

/// What a queue's files are found to hold at a start. Truth is what a scan of the frames finds;
/// `state` only saves sending again. Reads one header a segment and the frames' headers of the
/// last segment; other segments are scanned when they are sent.
extension SegmentStore {
    /// Finds the segments. Content never makes it fail: what cannot be understood holds nothing.
    mutating func readSegments() throws(FileError) {
        var found: [Segment] = []
        var empty: [String] = []
        for name in try fileSystem.list(directory).sorted() where isSegment(name) {
            let path = directory + "/" + name
            guard let file = try fileSystem.openIfThere(path) else { continue }
            if let segment = try readSegment(file, path) {
                found.append(segment)
            } else {
                empty.append(path)
            }
        }
        found.sort { $0.header.generation < $1.header.generation }
        for index in found.indices.dropLast() {
            found[index].end = max(found[index].end, found[index + 1].header.previous)
        }
        (segments, spares) = (found, empty)
        generation = found.last?.header.generation ?? 0
        if !found.isEmpty { try readLast() }
    }

    /// Whether a file of this name is one of its segments.
    func isSegment(_ name: String) -> Bool {
        name.hasPrefix(priority.filePrefix) && name.hasSuffix(Segment.fileSuffix)
    }

    /// The segment in a file. Where its header is damaged its frames tell what it was.
    private func readSegment(_ file: any JournalFile, _ path: String) throws(FileError) -> Segment?
    {
        let size = try file.size()
        if let header = SegmentHeader(try file.readAll(count: Page.size, at: 0)) {
            return Segment(path: path, size: size, header: header, end: header.first, used: size)
        }
        let entries = try Segment.scan(file, size: size, generation: nil).entries
        guard let first = entries.first?.header, let last = entries.last?.header else { return nil }
        let header = SegmentHeader(
            generation: first.generation, journal: first.epoch.journal, first: first.begin,
            previous: first.previous, settled: first.settled)
        return Segment(
            path: path, size: size, header: header, end: last.end, used: size, entries: entries)
    }

    /// Finds the frames of the last segment; it goes on behind them.
    private mutating func readLast() throws(FileError) {
        let last = segments.count - 1
        try readEntries(of: last)
        let frame = segments[last].entries?.last
        segments[last].end = frame?.header.end ?? segments[last].header.previous
        segments[last].used = frame.map { $0.offset + $0.header.paddedLength } ?? Page.size
        if segments[last].size == limits.size { active = try file(segments[last].path) }
        // One that was being written when the power went may be there without its header.
        evicted = segments.last { !$0.header.evicted.isEmpty }?.header.evicted ?? []
    }

    /// Takes up what was settled: what the file `state` knows, if it is this journal's, and what
    /// the last frame was written with, unless a rewind has come behind that.
    mutating func recall(_ known: JournalState.Queue?, believedFrom: UInt32) {
        if let known {
            settled = known.settled
            saved = settled
        }
        guard let last = segments.last else { return }
        if last.header.first.epoch >= believedFrom { settle(.start..<last.header.settled) }
        for entry in last.entries ?? [] where entry.header.epoch.number >= believedFrom {
            settle(.start..<entry.header.settled)
        }
        evicted.removeAll { $0.end <= settled.prefix }
    }

    /// The highest epoch number that its files know.
    var highestEpoch: UInt32 {
        segments.map { max($0.end.epoch, $0.header.first.epoch) }.max() ?? 0
    }

    /// Whether it has used up numbers that no journal lives to reach. Somebody has made it; what
    /// would be written behind it would not be believed at the next start.
    var isExhausted: Bool {
        generation > SegmentHeader.lastStart || highestEpoch > Epoch.lastStart
    }

    /// The anchors that the frames read so far bring, and their epochs.
    var storedAnchors: [(anchor: ClockAnchor, epoch: UInt32)] {
        segments.flatMap { segment in
            (segment.entries ?? []).map { ($0.header.anchor, $0.header.epoch.number) }
        }
    }
}
