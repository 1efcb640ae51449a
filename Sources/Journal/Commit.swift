import Glibc
import Telemetry

/// When and how what is in memory gets to the disk.
extension ReadingJournal {
    /// When `commitIfDue` is to be called next; nil while there is nothing to write.
    public var commitDue: Instant? {
        let isStale = outletsAreStale || queues.contains { $0.store.cursorIsStale }
        let cursor = isStale ? lastCursor + options.cursorInterval : nil
        let written = [deadline, keptDue].compactMap { $0 }.min().map {
            max($0, writing.notBefore ?? .earliest)
        }
        return [cursor, written].compactMap { $0 }.min()
    }

    /// When the first reading in memory is to be written.
    private var deadline: Instant? {
        // What is on disk waits for the epoch, whether there is something new to write or not.
        guard stateFile != nil else { return .earliest }
        return queues.compactMap { queue in
            queue.memory.entries.first.map {
                $0.appended + options.commitDeadline(of: queue.priority)
            }
        }.min()
    }

    /// Writes and syncs the queues whose oldest reading in memory has reached its deadline;
    /// writes the cursor if that is due. `anchor` is what the clocks show now.
    public func commitIfDue(anchor: ClockAnchor) {
        clock.advance(to: anchor)
        let now = anchor.instant
        if let deadline, deadline <= now, writing.allows(now) { commit(now: now, onlyDue: true) }
        if let keptDue, keptDue <= now, writing.allows(now) { writeKept(now: now) }
        let isStale = outletsAreStale || queues.contains { $0.store.cursorIsStale }
        if isStale, lastCursor + options.cursorInterval <= now { tendCursor(now: now) }
    }

    /// Writes and syncs all that is in memory alone, and the counts, whatever their age and however
    /// the last try ended: the power is about to go.
    public func commitNow(anchor: ClockAnchor) {
        clock.advance(to: anchor)
        commit(now: anchor.instant)
        writeKept(now: anchor.instant)
    }

    /// Keeps a file ready in which `commitNow` finds its place, for who may be in haste. Costs the
    /// size of a segment of each queue, once.
    public func keepRoom(now: Instant) {
        guard writing.allows(now) else { return }
        do throws(FileError) {
            for index in queues.indices where queues[index].isRead {
                try queues[index].store.prepare()
            }
        } catch {
            writing.failed(error, now: now)
        }
    }

    /// Writes and syncs what is in memory alone. What is safe leaves memory; what is not stays,
    /// and the next try is after a while.
    func commit(now: Instant, onlyDue: Bool = false) {
        do throws(FileError) {
            try makeDurable()
            for priority in Priority.allCases where !onlyDue || isDue(priority, now: now) {
                try commit(priority)
            }
            writing.succeeded()
        } catch {
            writing.failed(error, now: now)
        }
    }

    private func isDue(_ priority: Priority, now: Instant) -> Bool {
        guard let first = self[priority].memory.entries.first else { return false }
        return first.appended + options.commitDeadline(of: priority) <= now
    }

    private func commit(_ priority: Priority) throws(FileError) {
        guard !self[priority].memory.isEmpty else { return }
        let anchor = clock.observed
        var drafts = self[priority].drafts(encoder, points: points, anchor: anchor)[...]
        while let first = drafts.first {
            if self[priority].store.needsCursor(for: first) { try writeState() }
            let count = try self[priority].store.commit(drafts)
            guard count > 0, let last = drafts.prefix(count).last else { break }
            let written = first.header.first..<last.header.first + last.header.count
            self[priority].memory.remove(written)
            drafts = drafts.dropFirst(count)
        }
        counts.commits += 1
    }

    /// Writes the cursor and removes files that nobody needs. A failure costs nothing but
    /// readings that go out again.
    func tendCursor(now: Instant) {
        lastCursor = now
        let isStale = queues.contains { $0.store.cursorIsStale }
        guard isStale || outletsAreStale else { return }
        do throws(FileError) {
            try makeDurable()
            if isStale { try writeState() }
            try writeOutlets()
            for index in queues.indices { try queues[index].store.removeSurplus() }
        } catch {
            writing.failed(error, now: now)
        }
    }

    func writeState() throws(FileError) {
        for index in queues.indices { state.queues[index].settled = queues[index].store.settled }
        try stateFile?.write(&state, &counters)
        keptSince = nil
        for index in queues.indices {
            queues[index].store.saved = queues[index].store.settled
        }
    }

    /// Makes up for a start on a disk that took nothing: its epoch becomes durable now.
    func makeDurable() throws(FileError) {
        guard stateFile == nil else { return }
        let file = try StateFile(in: directory, fileSystem)
        if let newer = try NewerFormat.find(in: directory, fileSystem) {
            // The start could not read it; only another one can refuse it.
            throw FileError("format \(newer.version)", newer.file, errno: EPROTONOSUPPORT)
        }
        for index in queues.indices where !queues[index].isRead {
            var store = queues[index].store
            try store.readSegments()
            guard store.highestEpoch < queues[index].epoch.number, !store.isExhausted else {
                // A second such start in a row, or numbers that are used up: what is there has to
                // wait for a better one.
                throw FileError("epoch", directory, errno: ESTALE)
            }
            store.recall(nil, believedFrom: 0)
            queues[index].store = store
            queues[index].isRead = true
        }
        try file.begin(&state, in: directory, fileSystem, &counters)
        stateFile = file
    }

    /// Takes up what the clocks show, and makes it durable: for the moments that a ClockWatcher
    /// tells of. Costs one page.
    public func keep(clock anchor: ClockAnchor) {
        clock.advance(to: anchor)
        do throws(FileError) {
            try makeDurable()
            try openClockFile()
            counters.willWrite(Page.size)
            try clockFile?.write(clock)
        } catch {
            writing.failed(error, now: anchor.instant)
        }
    }

    /// Makes up for a start that could not read it: what it holds must not be lost by a write.
    private func openClockFile() throws(FileError) {
        guard clockFile == nil else { return }
        let (file, boots) = try ClockFile.load(directory, fileSystem)
        clock.recall(boots)
        clockFile = file
    }
}

/// The waits between two tries of a disk that fails.
struct Retry {
    let first: Duration
    let longest: Duration
    private var wait: Duration?
    /// No try before this instant; nil while all is well.
    private(set) var notBefore: Instant?
    private(set) var health = JournalStatistics.Health.ok

    init(first: Duration, longest: Duration) {
        self.first = first
        self.longest = longest
    }

    /// Whether a try may be made now.
    func allows(_ now: Instant) -> Bool {
        notBefore.map { $0 <= now } ?? true
    }

    mutating func failed(_ error: FileError, now: Instant) {
        let next = min(wait.map { $0 * 2 } ?? first, longest)
        wait = next
        notBefore = now + next
        if case .failing(_, let since) = health {
            health = .failing(reason: error.description, since: since)
        } else {
            health = .failing(reason: error.description, since: now)
        }
    }

    mutating func succeeded() {
        (wait, notBefore, health) = (nil, nil, .ok)
    }
}

extension Instant {
    static let earliest = Instant(nanoseconds: .min)
}
