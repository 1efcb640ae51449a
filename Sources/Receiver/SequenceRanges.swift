/// Sequence numbers as disjoint ranges that do not touch, rising.
struct SequenceRanges: Equatable, Sendable {
    private(set) var ranges: [Range<UInt64>] = []

    init() {}

    /// Adds numbers.
    mutating func insert(_ new: Range<UInt64>) {
        guard !new.isEmpty else { return }
        var lower = ranges.count
        while lower > 0, ranges[lower - 1].upperBound >= new.lowerBound { lower -= 1 }
        var upper = lower
        var joined = new
        while upper < ranges.count, ranges[upper].lowerBound <= new.upperBound {
            joined =
                min(
                    joined.lowerBound, ranges[upper].lowerBound)..<max(
                    joined.upperBound, ranges[upper].upperBound)
            upper += 1
        }
        ranges.replaceSubrange(lower..<upper, with: [joined])
    }

    /// The parts of `range` that are not in it.
    func missing(from range: Range<UInt64>) -> [Range<UInt64>] {
        var missing: [Range<UInt64>] = []
        var next = range.lowerBound
        for known in ranges where known.upperBound > next && known.lowerBound < range.upperBound {
            if known.lowerBound > next { missing.append(next..<known.lowerBound) }
            next = known.upperBound
        }
        if next < range.upperBound { missing.append(next..<range.upperBound) }
        return missing
    }
}
