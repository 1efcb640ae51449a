import Telemetry

/// The gateway's only queue: readings wait here until the other side has acknowledged them.
///
/// They are kept in memory; what is not settled by its commit deadline is written and synced,
/// leaves memory and is read back when it is sent. Synchronous and owned by one thread; every
/// method may block on the disk. A disk that fails is a state, reported in `statistics`, never
/// an error: the journal goes on from memory and comes back by itself.
public final class ReadingJournal {
    /// This run, durable since `init`: (gateway, epoch, sequence) names a reading for ever.
    public let epoch: Epoch

    let options: JournalOptions
    let points: PointTable
    var memory = MemoryQueue()
    var store: SegmentStore
    var clock: ClockHistory
    var retry: Retry
    /// When the first urgent reading that is in memory alone was appended.
    var urgentSince: Instant?
    var lastCursor: Instant
    var counts = JournalStatistics()

    /// Opens or creates the journal in a directory, finds what was not settled, and makes a new
    /// epoch durable.
    ///
    /// - Parameters:
    ///   - directory: created if its parent exists; one journal, one process.
    ///   - points: where the points of stored readings get their ids.
    ///   - anchor: what the clocks show now.
    /// - Throws: `JournalError` if no new epoch could be made durable. What the files hold is
    ///   never a reason.
    public init(
        directory: String, fileSystem: any FileSystem = PosixFileSystem(), points: PointTable,
        options: JournalOptions = JournalOptions(), anchor: ClockAnchor
    ) throws(JournalError) {
        self.options = options
        self.points = points
        store = try SegmentStore(directory: directory, fileSystem: fileSystem, options: options)
        try store.recover()
        epoch = store.state.epoch
        clock = ClockHistory(anchor)
        retry = Retry(first: options.firstRetry, longest: options.longestRetry)
        lastCursor = anchor.instant
        for anchor in store.storedAnchors { clock.note(anchor) }
    }

    /// The oldest position that is not settled: sending begins here after a start or reconnect.
    public var start: Position {
        let isOwed = store.end > store.settled || !store.evicted.isEmpty
        return isOwed ? store.settled : max(store.settled, memoryStart)
    }

    /// The position behind the last appended reading.
    public var end: Position { Position(epoch: epoch.number, sequence: memory.end) }

    var memoryStart: Position { Position(epoch: epoch.number, sequence: memory.start) }

    /// Adds readings and answers the position of the first. Touches the disk only when
    /// `memoryLimit` is reached. A reading of an urgent point makes a commit due at once, and so
    /// does `urgent`.
    @discardableResult
    public func append(_ readings: ReadingBatch, urgent: Bool = false, now: Instant) -> Position {
        let first = end
        memory.append(bounded(readings), now: now)
        if urgentSince == nil, urgent || points.hasUrgent(among: readings.points) {
            urgentSince = now
        }
        if memory.weight > options.memoryLimit {
            if retry.allows(now) { commit(now: now) }
            counts.givenUp += memory.giveUpOldest(limit: options.memoryLimit)
        }
        return first
    }

    /// Adds the record that `count` readings had to be dropped before they got here. It takes
    /// sequence numbers as they would have.
    public func recordGap(count: UInt64, reason: GapReason, now: Instant) {
        memory.append(gap: count, reason, now: now)
    }

    /// Marks everything before a position as delivered. Frees memory at once, files later.
    public func settle(through position: Position) {
        let position = min(position, end)
        store.settle(through: position)
        guard position.epoch == epoch.number else { return }
        memory.removeAll(before: position.sequence)
        if memory.isEmpty { urgentSince = nil }
    }

    /// The next readings at or after a position, of one epoch and one boot; or the record of a
    /// gap. Nil if there is nothing yet. Settled readings are passed over.
    public func nextBatch(after position: Position, maximumReadings: Int) -> OutboundBatch? {
        let position = max(position, store.settled)
        let limit = max(maximumReadings, 1)
        if position < memoryStart,
            var batch = store.content(at: position, limit: limit, points: points)
        {
            batch.anchor = clock.anchor(for: batch.anchor)
            return batch
        }
        let sequence = position.epoch == epoch.number ? position.sequence : 0
        return memory.content(at: sequence, limit: limit).map { first, content in
            OutboundBatch(
                epoch: epoch, firstSequence: first, content: content,
                anchor: clock.anchor(for: clock.latest))
        }
    }

    /// Commits what is not settled, and writes the cursor.
    public func close(anchor: ClockAnchor) {
        clock.advance(to: anchor)
        if !memory.isEmpty { commit(now: anchor.instant) }
        tendCursor(now: anchor.instant)
    }

    /// What the journal holds and has cost.
    public var statistics: JournalStatistics {
        var statistics = counts
        statistics.readingsInMemory = memory.readingCount
        statistics.readingsOnDisk = store.unsettledCount
        statistics.bytesOnDisk = store.bytes
        statistics.oldestUncommitted = memory.entries.first?.appended
        statistics.bytesWritten = store.counters.bytesWritten
        statistics.syncs = store.counters.syncs
        statistics.damagedFrames = store.counters.damagedFrames
        statistics.health = retry.health
        return statistics
    }

    /// The readings, with texts that no frame would hold replaced by their bad quality.
    private func bounded(_ readings: ReadingBatch) -> ReadingBatch {
        let limit = options.textLimit
        guard readings.strings.contains(where: { $0.utf8.count > limit }) else { return readings }
        var kept = ReadingBatch()
        for index in 0..<readings.count {
            var reading = readings[index]
            if case .string(let text)? = reading.value, text.utf8.count > limit {
                reading.value = nil
                reading.quality = .unrepresentable
            }
            kept.append(reading)
        }
        return kept
    }
}
