import Frames
import Glibc
import Telemetry

/// The gateway's only queue: readings wait here until the other side has acknowledged them.
///
/// They are kept in memory; what is not settled by its commit deadline is written and synced,
/// leaves memory and is read back when it is sent. Readings of urgent points have a queue of
/// their own (`Priority`). Synchronous and owned by one thread; every method may block on the
/// disk. A disk that fails is a state, reported in `statistics`, never an error: the journal goes
/// on from memory, also from the very start, and comes back by itself.
public final class ReadingJournal {
    let directory: String
    let fileSystem: any FileSystem
    let options: JournalOptions
    let points: PointTable
    let encoder = FrameEncoder()
    private var changes = ChangeDetector()
    /// By priority.
    var queues: [JournalQueue]
    /// Nil while the epoch is not durable, because the disk takes nothing.
    var stateFile: StateFile?
    var state: JournalState
    var clock: ClockHistory
    var clockFile: ClockFile?
    var writing: Retry
    var reading: Retry
    var lastCursor: Instant
    /// The names of those who take readings out.
    var outlets = [""]
    /// What the file `outlets` says, and whether there is one.
    var savedCursors: OutletCursors = [:]
    var hasOutletFile = false
    /// When the first count changed that is not written; nil if none has.
    var keptSince: Instant?
    var counts = JournalStatistics()
    /// What was written outside of the queues' own files.
    var counters = DiskCounters()

    /// Opens or creates the journal in a directory, finds what was not settled, and makes a new
    /// epoch durable. Where the disk does not let it, the journal begins in memory under a new
    /// journal id, so that no identity is given twice, and tries again with every commit.
    ///
    /// - Parameters:
    ///   - directory: created with its parents if it is absent; one journal, one process.
    ///   - points: where the points of stored readings get their ids.
    ///   - anchor: what the clocks show now.
    /// - Throws: `JournalError` if another process has the journal open, or a newer program has
    ///   written it.
    public init(
        directory: String, fileSystem: any FileSystem = PosixFileSystem(), points: PointTable,
        options: JournalOptions = JournalOptions(), anchor: ClockAnchor
    ) throws(JournalError) {
        self.directory = directory
        self.fileSystem = fileSystem
        self.options = options
        self.points = points
        writing = Retry(first: options.firstRetry, longest: options.longestRetry)
        reading = writing
        lastCursor = anchor.instant
        var start = JournalStart(directory: directory, fileSystem: fileSystem, options: options)
        try start.run()
        (queues, state, stateFile) = (start.queues, start.state, start.stateFile)
        (clockFile, counters) = (start.clockFile, start.counters)
        clock = ClockHistory(anchor, epoch: state.epoch.number, stored: start.boots)
        if let failure = start.failure { writing.failed(failure, now: anchor.instant) }
        for known in queues.flatMap(\.store.storedAnchors) {
            clock.note(known.anchor, epoch: known.epoch)
        }
    }

    subscript(priority: Priority) -> JournalQueue {
        get { queues[priority.rawValue] }
        _modify { yield &queues[priority.rawValue] }
    }

    /// A queue's run: (gateway, epoch, sequence) names a reading for ever.
    public func epoch(of priority: Priority) -> Epoch { self[priority].epoch }

    /// The oldest position of a queue that an outlet has not settled: sending begins here after a
    /// start or reconnect.
    public func start(of priority: Priority, for outlet: Outlet = .first) -> Position {
        self[priority].start(for: outlet)
    }

    /// The position behind the last reading of a queue.
    public func end(of priority: Priority) -> Position { self[priority].end }

    /// The first position of a queue that is in memory alone: what is newer than the backlog.
    public func memoryStart(of priority: Priority) -> Position { self[priority].memoryStart }

    /// Whether there is nothing to be sent to anyone.
    public var isSettled: Bool { queues.allSatisfy { $0.start >= $0.end } }

    /// Whether there is nothing to be sent to an outlet.
    public func isSettled(by outlet: Outlet) -> Bool {
        queues.allSatisfy { $0.start(for: outlet) >= $0.end }
    }

    /// Adds readings in order: those of urgent points that are news to the urgent queue, which
    /// makes a commit due at once; all others to the normal one. Touches the disk only when
    /// `memoryLimit` is reached.
    public func append(_ readings: ReadingBatch, now: Instant) {
        let readings = bounded(readings)
        if points.hasUrgent(among: readings.points) {
            let (urgent, normal) = split(readings)
            self[.urgent].memory.append(urgent, now: now)
            self[.normal].memory.append(normal, now: now)
        } else {
            self[.normal].memory.append(readings, now: now)
        }
        if queues.contains(where: { $0.memory.weight > options.memoryLimit }) { relieve(now: now) }
    }

    private func relieve(now: Instant) {
        if writing.allows(now) { commit(now: now) }
        for index in queues.indices {
            counts.givenUp += queues[index].memory.giveUpOldest(limit: options.memoryLimit)
        }
    }

    private func split(_ readings: ReadingBatch) -> (urgent: ReadingBatch, normal: ReadingBatch) {
        var (urgent, normal) = (ReadingBatch(), ReadingBatch())
        for index in 0..<readings.count {
            let reading = readings[index]
            if points[reading.point]?.isUrgent == true,
                changes.isNews(reading.point, reading.value, reading.quality)
            {
                urgent.append(reading)
            } else {
                normal.append(reading)
            }
        }
        return (urgent, normal)
    }

    /// Adds the record that `count` readings had to be dropped before they got here. It takes
    /// sequence numbers as they would have.
    public func recordGap(count: UInt64, reason: GapReason, now: Instant) {
        self[.normal].memory.append(gap: count, reason, now: now)
    }

    /// Marks a range of a queue as delivered to an outlet. What all outlets have frees memory at
    /// once, files later.
    public func settle(
        _ range: Range<Position>, of priority: Priority, by outlet: Outlet = .first
    ) {
        self[priority].settle(range, by: outlet)
    }

    /// Marks everything of a queue before a position as delivered.
    public func settle(through position: Position, of priority: Priority) {
        settle(.start..<position, of: priority)
    }

    /// The next readings of a queue at or after a position and before `limit`, of one epoch and
    /// one boot; or the record of a gap. What the outlet has settled is passed over. Nil if there
    /// is nothing yet, or the disk cannot read it now.
    public func nextBatch(
        of priority: Priority, after position: Position, before limit: Position? = nil,
        maximumReadings: Int, for outlet: Outlet = .first
    ) -> OutboundBatch? {
        let now = clock.latest.instant
        guard reading.allows(now) else { return nil }
        do throws(FileError) {
            let batch = try self[priority].nextBatch(
                after: position, before: limit, maximumReadings: max(maximumReadings, 1),
                for: outlet, points: points, anchor: clock.latest)
            reading.succeeded()
            return batch.map(timed)
        } catch {
            reading.failed(error, now: now)
            return nil
        }
    }

    /// A batch with the anchor that stands best for it, as far as one does for all of it: not
    /// beyond a step of the wall clock.
    private func timed(_ batch: OutboundBatch) -> OutboundBatch {
        var timed = batch
        let own = batch.anchor
        guard case .readings(let readings) = batch.content, let first = readings.instants.first
        else {
            timed.anchor = clock.anchor(for: own)
            return timed
        }
        timed.anchor = clock.anchor(for: own.boot, own: own, at: first)
        if let step = clock.nextStep(in: own.boot, after: first),
            let index = readings.instants.firstIndex(where: { $0 >= step }), index > 0
        {
            timed.content = .readings(readings.slice(0..<index))
        }
        return timed
    }

    /// Sends again from a position on, to all outlets, as far as it is still on disk. Answers
    /// where that begins.
    public func rewind(_ priority: Priority, to position: Position) -> Position {
        let first = self[priority].store.segments.first?.header.first ?? self[priority].end
        let target = max(position, first)
        self[priority].store.settled.rewind(to: target)
        self[priority].store.saved.rewind(to: target)
        for index in self[priority].cursors.indices {
            self[priority].cursors[index].rewind(to: target)
        }
        state.queues[priority.rawValue].believedFrom = state.epoch.number + 1
        return target
    }

    /// Commits what is not settled, and writes the cursor.
    public func close(anchor: ClockAnchor) {
        clock.advance(to: anchor)
        commit(now: anchor.instant)
        tendCursor(now: anchor.instant)
        writeKept(now: anchor.instant)
        keep(clock: anchor)
    }

    /// What the journal holds and has cost.
    public var statistics: JournalStatistics {
        var statistics = counts
        let disk = queues.reduce(counters) { $0 + $1.store.counters }
        statistics.readingsInMemory = queues.reduce(0) { $0 + $1.memory.readingCount }
        statistics.readingsOnDisk = queues.reduce(0) { $0.adding($1.store.unsettledCount) }
        statistics.bytesOnDisk = queues.reduce(0) { $0 + $1.store.bytes }
        statistics.oldestUncommitted = queues.compactMap { $0.memory.entries.first?.appended }.min()
        statistics.evicted = queues.reduce(0) { $0.adding($1.store.evictedCount) }
        statistics.bytesWritten = disk.bytesWritten
        statistics.frameBytes = disk.frameBytes
        statistics.syncs = disk.syncs
        statistics.damagedFrames = disk.damagedFrames
        statistics.quarantined = disk.quarantined
        statistics.clockAnchors = clock.boots.reduce(0) { $0 + $1.curve.anchors.count }
        statistics.isDurable = stateFile != nil
        statistics.health = writing.health == .ok ? reading.health : writing.health
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
