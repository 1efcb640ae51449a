import Telemetry

/// Which positions of one queue need not be sent any more: all before `prefix`, and ranges behind
/// it where newer readings were acknowledged before older ones.
struct SettledSet: Equatable {
    /// The most ranges that are remembered. What is forgotten goes out again, under the same
    /// identity; only a backlog that was broken up by 64 outages comes to that.
    static let rangeLimit = 64

    private(set) var prefix: Position
    /// In order, disjoint, none touching another or the prefix.
    private(set) var ranges: [Range<Position>] = []

    init(prefix: Position = .start) {
        self.prefix = prefix
    }

    /// The end of what is settled without a hole from here: the first position to be sent.
    func firstUnsettled(from position: Position) -> Position {
        let position = max(position, prefix)
        return ranges.first { $0.contains(position) }?.upperBound ?? position
    }

    /// Where the next settled range begins behind a position that is not settled.
    func nextSettled(after position: Position) -> Position? {
        ranges.first { $0.lowerBound > position }?.lowerBound
    }

    /// Adds a range.
    mutating func insert(_ range: Range<Position>) {
        guard range.upperBound > prefix, !range.isEmpty else { return }
        var joined = range
        let touching = ranges.filter {
            $0.lowerBound <= joined.upperBound && $0.upperBound >= joined.lowerBound
        }
        if let first = touching.first, let last = touching.last {
            joined =
                min(first.lowerBound, joined.lowerBound)..<max(last.upperBound, joined.upperBound)
            ranges.removeAll { touching.contains($0) }
        }
        guard joined.lowerBound > prefix else { return raisePrefix(to: joined.upperBound) }
        let index = ranges.firstIndex { $0.lowerBound > joined.lowerBound } ?? ranges.count
        ranges.insert(joined, at: index)
        if ranges.count > SettledSet.rangeLimit { ranges.removeFirst() }
    }

    /// Everything before a position is settled.
    mutating func insert(through position: Position) {
        if position > prefix { raisePrefix(to: position) }
    }

    /// Nothing from a position on is settled any more.
    mutating func rewind(to position: Position) {
        guard position < prefix else { return }
        self = SettledSet(prefix: position)
    }

    private mutating func raisePrefix(to position: Position) {
        prefix = position
        while let first = ranges.first, first.lowerBound <= prefix {
            prefix = max(prefix, first.upperBound)
            ranges.removeFirst()
        }
    }

    /// The parts of a range of one epoch's sequence numbers that are not settled.
    func unsettled(_ sequences: Range<UInt64>, epoch: UInt32) -> [Range<UInt64>] {
        var parts: [Range<UInt64>] = []
        let end = Position(epoch: epoch, sequence: sequences.upperBound)
        var position = firstUnsettled(
            from: Position(epoch: epoch, sequence: sequences.lowerBound))
        while position < end {
            let stop = min(nextSettled(after: position) ?? end, end)
            parts.append(position.sequence..<stop.sequence)
            position = firstUnsettled(from: stop)
        }
        return parts
    }
}
