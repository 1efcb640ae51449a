import Frames
import Telemetry

/// One of the journal's queues: what waits in memory, and what is on disk.
struct JournalQueue {
    let priority: Priority
    let epoch: Epoch
    var memory = MemoryQueue()
    var store: SegmentStore
    /// Whether its files have been read: not if the disk was unreadable at the start.
    var isRead: Bool
    /// What each of several outlets has settled; empty while there is only one, which has settled
    /// what the store need not keep.
    var cursors: [SettledSet] = []

    /// The oldest position that is not settled.
    var start: Position {
        store.isOwed ? store.settled.prefix : max(store.settled.prefix, memoryStart)
    }

    /// The first position that is in memory alone.
    var memoryStart: Position { position(memory.start) }

    /// The position behind the last reading.
    var end: Position { position(memory.end) }

    private func position(_ sequence: UInt64) -> Position {
        Position(epoch: epoch.number, sequence: sequence)
    }

    /// Takes up that a range need not be sent to anyone any more: it leaves memory at once.
    mutating func settle(_ range: Range<Position>) {
        guard range.lowerBound < end else { return }
        let range = range.clamped(to: .start..<end)
        store.settle(range)
        for index in cursors.indices { cursors[index].insert(range) }
        guard range.upperBound.epoch == epoch.number else { return }
        let first = range.lowerBound.epoch == epoch.number ? range.lowerBound.sequence : 0
        memory.remove(first..<range.upperBound.sequence)
    }

    /// The next readings at or after a position that an outlet has not settled and that come
    /// before `limit`, of one epoch and one boot, without a hole; or the record of a gap. `anchor`
    /// is the boot's.
    mutating func nextBatch(
        after position: Position, before limit: Position?, maximumReadings: Int,
        for outlet: Outlet, points: PointTable, anchor: ClockAnchor
    ) throws(FileError) -> OutboundBatch? {
        var position = settled(by: outlet).firstUnsettled(from: position)
        while position < limit ?? end,
            let batch = try content(
                at: position, limit: maximumReadings, points: points, anchor: anchor)
        {
            // Between the two there is nothing, and never was or is settled.
            if batch.begin > position { pass(position..<batch.begin) }
            let settled = settled(by: outlet)
            let begin = settled.firstUnsettled(from: batch.begin)
            if begin == batch.begin, begin < limit ?? end {
                let stop = min(settled.nextSettled(after: begin) ?? batch.end, batch.end)
                return batch.cut(before: min(limit ?? stop, stop))
            }
            position = begin
        }
        return nil
    }

    /// Notes that nothing is there.
    private mutating func pass(_ range: Range<Position>) {
        store.settle(range)
        for index in cursors.indices { cursors[index].insert(range) }
    }

    private mutating func content(
        at position: Position, limit: Int, points: PointTable, anchor: ClockAnchor
    ) throws(FileError) -> OutboundBatch? {
        if position < memoryStart,
            let batch = try store.content(at: position, limit: limit, points: points)
        {
            return batch
        }
        let sequence = position.epoch == epoch.number ? position.sequence : 0
        return memory.content(at: sequence, limit: limit).map { first, content in
            OutboundBatch(epoch: epoch, firstSequence: first, content: content, anchor: anchor)
        }
    }
}

extension OutboundBatch {
    /// What of it comes before a position of its epoch.
    func cut(before stop: Position) -> OutboundBatch {
        guard stop < end else { return self }
        let count = stop.sequence - firstSequence
        var part = self
        switch content {
        case .gap(_, let reason): part.content = .gap(count: count, reason: reason)
        case .readings(let readings): part.content = .readings(readings.slice(0..<Int(count)))
        }
        return part
    }
}

extension JournalQueue {
    /// What is in memory as frames, in order.
    func drafts(
        _ encoder: FrameEncoder, points: PointTable, anchor: ClockAnchor
    ) -> [FrameDraft] {
        var maker = FrameMaker(queue: self, encoder: encoder, points: points, anchor: anchor)
        var sequence = memory.start
        let limit = Int(FrameHeader.largestCount)
        while let (first, content) = memory.content(at: sequence, limit: limit) {
            switch content {
            case .gap(let count, let reason):
                maker.append(gap: count, reason, first: first)
                sequence = first + count
            case .readings(let readings):
                maker.append(readings, first: first)
                sequence = first + UInt64(readings.count)
            }
        }
        return maker.drafts
    }
}

/// Cuts a queue's memory into frames.
private struct FrameMaker {
    let queue: JournalQueue
    let encoder: FrameEncoder
    let points: PointTable
    let anchor: ClockAnchor
    var drafts: [FrameDraft] = []

    /// Halves what does not fit one frame until it does. A single reading always does, unless
    /// its names are absurd: then its loss is recorded.
    mutating func append(_ readings: ReadingBatch, first: UInt64) {
        let body = encoder.encode(readings, points: points)
        let count = readings.count
        if Page.roundUp(FrameHeader.size + body.count) <= queue.store.limits.frameBytes {
            add(.readings, nil, first: first, count: UInt64(count), body: body)
        } else if count > 1 {
            append(readings.slice(0..<count / 2), first: first)
            append(readings.slice(count / 2..<count), first: first + UInt64(count / 2))
        } else {
            append(gap: 1, .memoryFull, first: first)
        }
    }

    mutating func append(gap count: UInt64, _ reason: GapReason, first: UInt64) {
        add(.gap, reason, first: first, count: count, body: [])
    }

    private mutating func add(
        _ kind: FrameHeader.Kind, _ reason: GapReason?, first: UInt64, count: UInt64, body: [UInt8]
    ) {
        let header = FrameHeader(
            kind: kind, reason: reason, epoch: queue.epoch, first: first, count: count,
            anchor: anchor)
        drafts.append(FrameDraft(header: header, body: body))
    }
}
