import Telemetry

/// What has been appended and is neither settled nor on disk, in order: readings and gaps of
/// the present epoch.
struct MemoryQueue {
    /// Consecutive sequence numbers with one content.
    struct Entry {
        var first: UInt64
        var content: OutboundBatch.Content
        /// When its first reading was appended.
        var appended: Instant

        var count: UInt64 {
            switch content {
            case .readings(let readings): UInt64(readings.count)
            case .gap(let count, _): count
            }
        }
        var end: UInt64 { first + count }
    }

    /// The most readings of one entry: what one drop or one copy costs at most.
    static let entryLimit = 1024

    private(set) var entries: [Entry] = []
    /// The sequence number that the next reading gets.
    private(set) var end: UInt64 = 0
    /// Readings held; a text counts once more for each 32 bytes.
    private(set) var weight = 0

    var isEmpty: Bool { entries.isEmpty }
    /// The sequence number of the first that is held.
    var start: UInt64 { entries.first?.first ?? end }

    /// Adds readings.
    mutating func append(_ readings: ReadingBatch, now: Instant) {
        var taken = 0
        while taken < readings.count {
            let room = roomInLast()
            let part = taken..<min(taken + (room > 0 ? room : Self.entryLimit), readings.count)
            if room > 0, case .readings(var last) = entries[entries.count - 1].content {
                entries[entries.count - 1].content = .gap(count: 0, reason: .memoryFull)
                last.append(contentsOf: readings, in: part)
                entries[entries.count - 1].content = .readings(last)
            } else {
                push(.readings(readings.slice(part)), now)
            }
            taken = part.upperBound
            end += UInt64(part.count)
        }
        weight += MemoryQueue.weight(of: readings)
    }

    /// Adds the record of `count` readings that were given up.
    mutating func append(gap count: UInt64, _ reason: GapReason, now: Instant) {
        guard count > 0, !end.addingReportingOverflow(count).overflow else { return }
        if let last = entries.last, last.end == end,
            case .gap(let before, let known) = last.content, known == reason
        {
            entries[entries.count - 1].content = .gap(count: before + count, reason: reason)
        } else {
            push(.gap(count: count, reason: reason), now)
        }
        end += count
    }

    private mutating func push(_ content: OutboundBatch.Content, _ now: Instant) {
        entries.append(Entry(first: end, content: content, appended: now))
    }

    private func roomInLast() -> Int {
        guard let entry = entries.last, entry.end == end, case .readings(let last) = entry.content
        else { return 0 }
        return max(Self.entryLimit - last.count, 0)
    }

    /// Removes everything before a sequence number.
    mutating func removeAll(before sequence: UInt64) {
        remove(0..<sequence)
    }

    /// Removes a range of sequence numbers; what lies behind it keeps its own.
    mutating func remove(_ range: Range<UInt64>) {
        guard let low = entries.firstIndex(where: { $0.end > range.lowerBound }) else { return }
        let high = entries[low...].firstIndex { $0.first >= range.upperBound } ?? entries.count
        guard low < high else { return }
        var rest: [Entry] = []
        for entry in entries[low..<high] {
            weight -= MemoryQueue.weight(of: entry.content)
            let before = entry.part(entry.first..<max(range.lowerBound, entry.first))
            let behind = entry.part(min(range.upperBound, entry.end)..<entry.end)
            rest += [before, behind].compactMap { $0 }
        }
        for entry in rest { weight += MemoryQueue.weight(of: entry.content) }
        entries.replaceSubrange(low..<high, with: rest)
    }

    /// Gives up the oldest readings, entry by entry, until the weight is within the limit; a gap
    /// takes their place. Answers how many.
    mutating func giveUpOldest(limit: Int) -> UInt64 {
        var given: UInt64 = 0
        var index = 0
        while weight > limit, index < entries.count {
            if case .readings(let readings) = entries[index].content {
                weight -= MemoryQueue.weight(of: readings)
                given += UInt64(readings.count)
                entries[index].content = .gap(count: UInt64(readings.count), reason: .memoryFull)
            }
            index = joinGap(at: index)
        }
        return given
    }

    /// Joins the gap at this index with an equal one before it; answers the index behind it.
    private mutating func joinGap(at index: Int) -> Int {
        guard index > 0, case .gap(let before, let reason) = entries[index - 1].content,
            case .gap(let count, let next) = entries[index].content, next == reason,
            entries[index - 1].end == entries[index].first
        else { return index + 1 }
        entries[index - 1].content = .gap(count: before + count, reason: reason)
        entries.remove(at: index)
        return index
    }

    /// What stands at a sequence number, at most `limit` readings of it; nil behind the end.
    func content(at sequence: UInt64, limit: Int) -> (first: UInt64, OutboundBatch.Content)? {
        guard let index = entries.firstIndex(where: { $0.end > sequence }) else { return nil }
        let entry = entries[index]
        let first = max(sequence, entry.first)
        let skipped = first - entry.first
        guard case .readings(let readings) = entry.content else {
            return (first, .gap(count: entry.count - skipped, reason: entry.reason))
        }
        var part = readings.slice(
            Int(skipped)..<Int(min(skipped + UInt64(limit), UInt64(readings.count))))
        for next in entries[(index + 1)...] {
            guard part.count < limit, next.first == first + UInt64(part.count),
                case .readings(let more) = next.content
            else { break }
            part.append(contentsOf: more, in: 0..<min(limit - part.count, more.count))
        }
        return (first, .readings(part))
    }

    static func weight(of readings: ReadingBatch) -> Int {
        readings.count + readings.strings.reduce(0) { $0 + $1.utf8.count / 32 }
    }

    static func weight(of content: OutboundBatch.Content) -> Int {
        if case .readings(let readings) = content { weight(of: readings) } else { 0 }
    }
}

extension MemoryQueue.Entry {
    /// What of it has these sequence numbers; nil if that is nothing. They must be its own.
    fileprivate func part(_ range: Range<UInt64>) -> Self? {
        guard !range.isEmpty else { return nil }
        guard range != first..<end else { return self }
        var part = self
        part.first = range.lowerBound
        switch content {
        case .gap(_, let reason): part.content = .gap(count: UInt64(range.count), reason: reason)
        case .readings(let readings):
            part.content = .readings(
                readings.slice(Int(range.lowerBound - first)..<Int(range.upperBound - first)))
        }
        return part
    }

    /// The reason of a gap; `memoryFull` for readings, which have none.
    fileprivate var reason: GapReason {
        if case .gap(_, let reason) = content { reason } else { .memoryFull }
    }
}

extension MemoryQueue {
    /// How many readings are held.
    var readingCount: Int {
        entries.reduce(0) { sum, entry in
            if case .readings(let readings) = entry.content { sum + readings.count } else { sum }
        }
    }
}
