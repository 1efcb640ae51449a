import Telemetry

/// When and how what is in memory gets to the disk.
extension ReadingJournal {
    /// When `commitIfDue` is to be called next; nil while there is nothing to write.
    public var commitDue: Instant? {
        let cursor = store.cursorIsStale ? lastCursor + options.cursorInterval : nil
        guard let first = memory.entries.first else { return cursor }
        let deadline = min(first.appended + options.commitDeadline, urgentSince ?? .latest)
        return min(max(deadline, retry.notBefore ?? .earliest), cursor ?? .latest)
    }

    /// Writes and syncs everything that is in memory alone, if the oldest of it has reached its
    /// deadline; writes the cursor if that is due. `anchor` is what the clocks show now.
    public func commitIfDue(anchor: ClockAnchor) {
        clock.advance(to: anchor)
        let now = anchor.instant
        if let first = memory.entries.first, retry.allows(now),
            urgentSince != nil || first.appended + options.commitDeadline <= now
        {
            commit(now: now)
        }
        if store.cursorIsStale, lastCursor + options.cursorInterval <= now { tendCursor(now: now) }
    }

    /// Writes and syncs everything that is in memory alone. What is safe leaves memory; what is
    /// not stays, and the next try is after a while.
    func commit(now: Instant) {
        var drafts = drafts()[...]
        do throws(FileError) {
            while !drafts.isEmpty {
                let count = try store.commit(drafts, anchors: clock.anchors)
                guard count > 0, let last = drafts.prefix(count).last else { break }
                memory.removeAll(before: last.header.first + last.header.count)
                drafts = drafts.dropFirst(count)
            }
            urgentSince = nil
            counts.commits += 1
            retry.succeeded()
        } catch {
            retry.failed(error, now: now)
        }
    }

    /// Writes the cursor and removes files that nobody needs. A failure costs nothing but
    /// readings that go out again.
    func tendCursor(now: Instant) {
        lastCursor = now
        do throws(FileError) {
            try store.writeCursor()
            try store.removeSurplus()
        } catch {
            retry.failed(error, now: now)
        }
    }

    private func drafts() -> [FrameDraft] {
        var drafts: [FrameDraft] = []
        var sequence = memory.start
        let limit = Int(FrameHeader.largestCount)
        while let (first, content) = memory.content(at: sequence, limit: limit) {
            switch content {
            case .gap(let count, let reason):
                drafts.append(draft(.gap, reason, first: first, count: count, body: []))
                sequence = first + count
            case .readings(let readings):
                append(readings, first: first, to: &drafts)
                sequence = first + UInt64(readings.count)
            }
        }
        return drafts
    }

    /// Halves what does not fit one frame until it does. A single reading always does, unless
    /// its names are absurd: then its loss is recorded.
    private func append(_ readings: ReadingBatch, first: UInt64, to drafts: inout [FrameDraft]) {
        let body = FrameBody.encode(readings, points: points)
        let count = readings.count
        if Page.roundUp(FrameHeader.size + body.count) <= options.frameLimit {
            drafts.append(draft(.readings, nil, first: first, count: UInt64(count), body: body))
        } else if count > 1 {
            append(readings.slice(0..<count / 2), first: first, to: &drafts)
            append(readings.slice(count / 2..<count), first: first + UInt64(count / 2), to: &drafts)
        } else {
            drafts.append(draft(.gap, .memoryFull, first: first, count: 1, body: []))
        }
    }

    private func draft(
        _ kind: FrameHeader.Kind, _ reason: GapReason?, first: UInt64, count: UInt64, body: [UInt8]
    ) -> FrameDraft {
        let header = FrameHeader(
            kind: kind, reason: reason, epoch: epoch, first: first, count: count,
            anchor: clock.anchor(for: clock.latest))
        return FrameDraft(header: header, body: body)
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

    /// Whether a write may be tried now.
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
    static let latest = Instant(nanoseconds: .max)
    static let earliest = Instant(nanoseconds: .min)
}
