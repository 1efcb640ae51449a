import Telemetry

/// What a journal's directory is found to hold at a start. Truth is what a scan of the frames
/// finds; the cursor only saves sending again. Reads one header a segment and the frames'
/// headers of the last segment; other segments are scanned when they are sent.
extension SegmentStore {
    /// Opens what is there. Content never makes it fail: what cannot be read holds nothing.
    ///
    /// - Throws: `JournalError.inUse`, or the system's refusal to give the directory or `state`.
    init(
        directory: String, fileSystem: any FileSystem, options: JournalOptions
    ) throws(JournalError) {
        self.directory = directory
        self.fileSystem = fileSystem
        self.options = options
        state = JournalState(epoch: Epoch(journal: 0, number: 0), cursor: .start)
        do throws(FileError) {
            try fileSystem.createDirectory(directory)
            let file = try fileSystem.open(directory + "/" + JournalState.fileName, create: true)
            guard try file.lock() else { throw FileError("flock", file.path, errno: 0) }
            stateFile = file
        } catch {
            throw JournalError(
                error.errno == 0 ? .inUse : .system, directory: directory, cause: error)
        }
    }

    /// Reads what is there and makes a new epoch durable.
    mutating func recover() throws(JournalError) {
        do throws(FileError) {
            try readSegments()
            try beginEpoch()
        } catch {
            throw JournalError(.system, directory: directory, cause: error)
        }
    }

    private mutating func readSegments() throws(FileError) {
        for name in try fileSystem.list(directory).sorted() where Segment.isSegment(name) {
            let path = directory + "/" + name
            let file = try fileSystem.open(path, create: false)
            if let segment = try readSegment(file, path) {
                segments.append(segment)
            } else {
                spares.append(path)
            }
        }
        segments.sort { $0.header.generation < $1.header.generation }
        generation = segments.last?.header.generation ?? 0
        for index in segments.indices.dropLast() {
            let next = segments[index + 1].header
            segments[index].end = max(segments[index].end, next.previous)
        }
        guard let last = segments.indices.last else { return }
        try readLast(last)
        evicted = segments[last].header.evicted
        settle(through: segments[last].header.settled)
        settle(through: segments[last].entries?.last?.header.settled ?? .start)
    }

    /// The segment in a file. Where its header is damaged its frames tell what it was.
    private func readSegment(_ file: any JournalFile, _ path: String) throws(FileError) -> Segment?
    {
        let size = try file.size()
        if let header = SegmentHeader(try file.readAll(count: Page.size, at: 0)) {
            return Segment(path: path, size: size, header: header, end: header.first, used: size)
        }
        let entries = try Segment.scan(file, size: size, generation: nil)
        guard let first = entries.first?.header, let last = entries.last?.header else { return nil }
        let header = SegmentHeader(
            generation: first.generation, journal: first.epoch.journal, first: first.begin,
            previous: first.previous, settled: first.settled)
        return Segment(
            path: path, size: size, header: header, end: last.end, used: size, entries: entries)
    }

    /// Finds the frames of the last segment; it goes on behind them.
    private mutating func readLast(_ index: Int) throws(FileError) {
        let file = try fileSystem.open(segments[index].path, create: false)
        let entries = try Segment.scan(
            file, size: segments[index].size, generation: segments[index].header.generation)
        segments[index].entries = entries
        segments[index].end = entries.last?.header.end ?? segments[index].header.previous
        segments[index].used =
            entries.last.map { $0.offset + $0.header.paddedLength } ?? Page.size
        active = file
    }

    /// Takes the next epoch number, or a new journal id where `state` does not know the old one,
    /// and writes it to both slots.
    private mutating func beginEpoch() throws(FileError) {
        guard let stateFile else { return }
        let isNew = try stateFile.size() == 0
        let found = try JournalState.newest(of: stateFile)
        let inFrames = segments.map { max($0.end.epoch, $0.header.first.epoch) }.max() ?? 0
        let number = max(found?.epoch.number ?? 0, inFrames)
        let journal = found?.epoch.journal ?? .random(in: 1 ... .max)
        let isOwn = segments.allSatisfy { $0.header.journal == journal }
        settle(through: isOwn ? found?.cursor ?? .start : .start)
        state = JournalState(
            epoch: Epoch(journal: journal, number: number + 1), serial: found?.serial ?? 0,
            cursor: settled)
        for _ in 0..<2 {
            counters.willWrite(Page.size)
            try state.write(to: stateFile)
        }
        if isNew { try fileSystem.syncDirectory(directory) }
    }

    /// The anchors that the segments' headers and the frames read so far bring.
    var storedAnchors: [ClockAnchor] {
        segments.flatMap { segment in
            segment.header.anchors + (segment.entries ?? []).map(\.header.anchor)
        }
    }
}
