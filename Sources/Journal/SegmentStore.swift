import Telemetry

/// A frame that has no place in a segment yet.
struct FrameDraft {
    var header: FrameHeader
    var body: [UInt8]
}

/// The journal's files: `state`, the segments and `quarantine/`. Knows what is on disk and puts
/// frames there; what they mean is `ReadingJournal`'s.
struct SegmentStore {
    let directory: String
    let fileSystem: any FileSystem
    let options: JournalOptions

    /// The segments with frames, the oldest first.
    var segments: [Segment] = []
    /// Files of the right name without frames that are owed, to be used before new ones.
    var spares: [String] = []
    /// What was given up to make room and is still to be reported, in order.
    var evicted: [GapRange] = []
    /// The segment that takes the next frames: the last one. Nil if a new one must be begun.
    var active: (any JournalFile)?
    /// The highest generation ever used.
    var generation: UInt64 = 0
    /// Everything before it is settled.
    var settled = Position.start
    /// The epoch and the cursor on disk.
    var state: JournalState
    var stateFile: (any JournalFile)?
    /// The segment read last, and the frame of it.
    var opened: (path: String, file: any JournalFile)?
    var decoded: (header: FrameHeader, readings: ReadingBatch)?
    var counters = DiskCounters()

    /// The position behind the last frame on disk.
    var end: Position { segments.last?.end ?? .start }

    /// The bytes of all segment files.
    var bytes: Int { segments.reduce(spares.count * options.segmentSize) { $0 + $1.size } }

    /// Whether the cursor on disk lets frames go out again that are settled.
    var cursorIsStale: Bool {
        state.cursor < settled && segments.contains { $0.end > state.cursor }
    }

    /// Moves the mark before which nothing is owed. Costs no write.
    mutating func settle(through position: Position) {
        settled = max(settled, position)
        evicted.removeAll { $0.end <= settled }
    }

    /// Writes the cursor, if frames on disk depend on it.
    mutating func writeCursor() throws(FileError) {
        guard let stateFile, cursorIsStale else { return }
        state.cursor = settled
        counters.willWrite(Page.size)
        try state.write(to: stateFile)
    }

    /// Removes settled segments above what is to be retained.
    mutating func removeSurplus() throws(FileError) {
        let settledCount = segments.dropLast().prefix { $0.end <= state.cursor }.count
        for _ in 0..<max(settledCount - options.retainedLimit, 0) {
            let segment = segments.removeFirst()
            close(segment.path)
            try fileSystem.remove(segment.path)
        }
    }

    /// Closes the segment of this path if it is the one open for reading.
    mutating func close(_ path: String) {
        if opened?.path == path { opened = nil }
    }
}

/// What the disk has been asked for since the journal was opened.
struct DiskCounters {
    var bytesWritten: UInt64 = 0
    var syncs: UInt64 = 0
    var damagedFrames: UInt64 = 0

    /// Counts bytes that go out with one sync.
    mutating func willWrite(_ bytes: Int) {
        bytesWritten += UInt64(bytes)
        syncs += 1
    }
}

extension SegmentStore {
    /// How many readings on disk are not settled, as far as positions tell: ranges within one
    /// epoch are exact, an epoch's tail counts once its segment has been read.
    var unsettledCount: UInt64 {
        var count: UInt64 = 0
        for segment in segments where segment.end > settled {
            let from = max(settled, segment.header.first)
            if let entries = segment.entries {
                for entry in entries where entry.header.end > from {
                    let header = entry.header
                    count +=
                        header.begin < from ? header.end.sequence - from.sequence : header.count
                }
            } else if from.epoch == segment.end.epoch {
                count += segment.end.sequence - from.sequence
            } else {
                count += segment.end.sequence
            }
        }
        return count
    }
}
