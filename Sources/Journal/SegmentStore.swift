import Telemetry

/// A frame that has no place in a segment yet.
struct FrameDraft {
    var header: FrameHeader
    var body: [UInt8]
}

/// The segments of one queue: knows what is on disk and puts frames there. What they mean is
/// `JournalQueue`'s.
struct SegmentStore {
    let directory: String
    let fileSystem: any FileSystem
    let priority: Priority
    let limits: SegmentLimits

    /// The segments with frames, the oldest first.
    var segments: [Segment] = []
    /// Files of the right name without frames that are owed, to be used before new ones.
    var spares: [String] = []
    /// What was given up to make room and is still to be reported, in order.
    var evicted: [GapRange] = []
    /// Readings given up to make room since the start.
    var evictedCount: UInt64 = 0
    /// The segment that takes the next frames: the last one. Nil if a new one must be begun.
    var active: (any JournalFile)?
    /// The highest generation ever used.
    var generation: UInt64 = 0
    /// What need not be sent any more.
    var settled = SettledSet()
    /// What the file `state` says of that.
    var saved = SettledSet()
    /// The segment read last, and the frame of it.
    var opened: (path: String, file: any JournalFile)?
    var decoded: (header: FrameHeader, readings: ReadingBatch)?
    /// Reads that failed in a row.
    var failedReads = 0
    var counters = DiskCounters()

    init(
        in directory: String, _ fileSystem: any FileSystem, _ priority: Priority,
        _ limits: SegmentLimits
    ) {
        self.directory = directory
        self.fileSystem = fileSystem
        self.priority = priority
        self.limits = limits
    }

    /// The position behind the last frame on disk.
    var end: Position { segments.last?.end ?? .start }

    /// The bytes of all segment files.
    var bytes: Int { segments.reduce(spares.count * limits.size) { $0 + $1.size } }

    /// Whether something on disk, or the record of its loss, is still to be sent.
    var isOwed: Bool { end > settled.prefix || !evicted.isEmpty }

    /// Whether something of it is still to be sent to one who has settled what is before `prefix`.
    func isOwed(behind prefix: Position) -> Bool {
        end > prefix || evicted.contains { $0.end > prefix }
    }

    /// A segment before it may be used again.
    var cursor: Position { saved.prefix }

    /// Whether the file `state` lets frames go out again that are settled.
    var cursorIsStale: Bool {
        saved != settled && segments.contains { $0.end > cursor }
    }

    /// Whether a settled segment is to be used again that `state` does not know as settled.
    func needsCursor(for draft: FrameDraft) -> Bool {
        guard cursor < settled.prefix, let oldest = segments.first else { return false }
        return !hasRoom(for: draft) && oldest.end > cursor && oldest.end <= settled.prefix
    }

    /// Takes up that a range need not be sent any more. Costs no write.
    mutating func settle(_ range: Range<Position>) {
        settled.insert(range)
        evicted.removeAll { $0.end <= settled.prefix }
    }

    /// Removes settled segments above what is to be retained.
    mutating func removeSurplus() throws(FileError) {
        let settledCount = segments.dropLast().prefix { $0.end <= cursor }.count
        guard settledCount > limits.retained else { return }
        for _ in limits.retained..<settledCount {
            let segment = segments.removeFirst()
            close(segment.path)
            try fileSystem.remove(segment.path)
        }
        // Or a file created later may be there after a power cut and these too.
        try fileSystem.syncDirectory(directory)
    }

    /// Closes the segment of this path if it is the one open for reading.
    mutating func close(_ path: String) {
        if opened?.path == path { opened = nil }
    }

    /// How many readings on disk are not settled, as far as positions tell: ranges within one
    /// epoch are exact, an epoch's tail counts once its segment has been read.
    var unsettledCount: UInt64 { unsettledCount(beyond: settled) }

    /// How many readings on disk are not in a set of settled ones.
    func unsettledCount(beyond settled: SettledSet) -> UInt64 {
        segments.reduce(0) { sum, segment in
            guard segment.end > settled.prefix else { return sum }
            if let entries = segment.entries {
                return entries.reduce(sum) {
                    $0.adding(unsettledCount(of: $1.header, beyond: settled))
                }
            }
            // A damaged segment may name any positions, and its end before its begin.
            let from = max(settled.prefix, segment.header.first)
            guard from < segment.end else { return sum }
            let isOneEpoch = from.epoch == segment.end.epoch
            return sum.adding(segment.end.sequence - (isOneEpoch ? from.sequence : 0))
        }
    }

    private func unsettledCount(of header: FrameHeader, beyond settled: SettledSet) -> UInt64 {
        settled.unsettled(header.first..<header.first + header.count, epoch: header.epoch.number)
            .reduce(0) { $0.adding($1.upperBound - $1.lowerBound) }
    }
}

extension UInt64 {
    /// The sum, or the largest number there is: counts that a damaged file names must not trap.
    func adding(_ other: UInt64) -> UInt64 {
        let (sum, isTooLarge) = addingReportingOverflow(other)
        return isTooLarge ? .max : sum
    }
}

/// What the disk has been asked for since the journal was opened.
struct DiskCounters {
    var bytesWritten: UInt64 = 0
    var frameBytes: UInt64 = 0
    var syncs: UInt64 = 0
    var damagedFrames: UInt64 = 0
    /// Pieces of damaged segments, and whole files, that were put into `quarantine/`.
    var quarantined: UInt64 = 0
    /// Such copies that failed.
    var quarantineFailures: UInt64 = 0

    /// Counts bytes that go out with one sync.
    mutating func willWrite(_ bytes: Int) {
        bytesWritten += UInt64(bytes)
        syncs += 1
    }

    static func + (left: DiskCounters, right: DiskCounters) -> DiskCounters {
        DiskCounters(
            bytesWritten: left.bytesWritten + right.bytesWritten,
            frameBytes: left.frameBytes + right.frameBytes, syncs: left.syncs + right.syncs,
            damagedFrames: left.damagedFrames + right.damagedFrames,
            quarantined: left.quarantined + right.quarantined,
            quarantineFailures: left.quarantineFailures + right.quarantineFailures)
    }
}
