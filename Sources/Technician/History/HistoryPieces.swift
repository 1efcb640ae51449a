import Gateway

/// What was read of a point, in equal pieces of time that end now.
struct HistoryPieces {
    private struct Piece {
        var minimum: Double?
        var maximum: Double?
        var last: Double?
        /// How long ago `last` was.
        var lastAgo = Double.infinity
        var good = 0
        var bad = 0

        var count: Int { good + bad }

        /// Takes in good values, all between `low` and `high`, the last of them so long ago.
        mutating func note(_ last: Double, low: Double, high: Double, secondsAgo: Double) {
            minimum = min(minimum ?? low, low)
            maximum = max(maximum ?? high, high)
            guard secondsAgo <= lastAgo else { return }
            (self.last, lastAgo) = (last, secondsAgo)
        }
    }

    /// The most pieces: more than a terminal has columns for.
    static let most = 240
    /// The shortest piece, in seconds: what the gateway remembers is in such pieces.
    static let shortest = 30.0

    /// How long a piece is, in seconds: a whole number of the shortest.
    let seconds: Double
    /// The newest first.
    private var pieces: [Piece]
    /// How long ago the first and the last reading were, in seconds; nil without any.
    private(set) var ages: ClosedRange<Double>?

    /// Pieces for so long a time, none of them filled.
    init(span: Double) {
        let step = (span / Double(Self.most) / Self.shortest).rounded(.up)
        seconds = max(step, 1) * Self.shortest
        pieces = Array(repeating: Piece(), count: max(1, Int((span / seconds).rounded(.up))))
    }

    /// How many readings there are.
    var count: Int { pieces.reduce(0) { $0 + $1.count } }

    /// A reading; what is older than the pieces, or not yet read, is left out.
    mutating func note(_ value: Double?, isGood: Bool, secondsAgo: Double) {
        guard let index = index(secondsAgo) else { return }
        see(secondsAgo...secondsAgo)
        if isGood { pieces[index].good += 1 } else { pieces[index].bad += 1 }
        guard isGood, let value, value.isFinite else { return }
        pieces[index].note(value, low: value, high: value, secondsAgo: secondsAgo)
    }

    /// What the gateway remembers. A piece of its is where its middle is.
    mutating func note(_ report: HistoryReport) {
        for bucket in report.buckets where bucket.good + bucket.bad > 0 {
            let ended = bucket.endedSecondsAgo
            let middle = ended > 0 ? ended + report.bucketSeconds / 2 : 0
            guard let index = index(middle) else { continue }
            see(ended...(ended > 0 ? ended + report.bucketSeconds : 0))
            pieces[index].good += bucket.good
            pieces[index].bad += bucket.bad
            guard let last = bucket.last else { continue }
            pieces[index].note(
                last, low: bucket.minimum ?? last, high: bucket.maximum ?? last,
                secondsAgo: middle)
        }
    }

    /// Both together. The same reading may be in both, so they are not added up: of each piece the
    /// one that has more counts.
    func merged(with other: HistoryPieces) -> HistoryPieces {
        var merged = self
        for index in pieces.indices where other.pieces[index].count > pieces[index].count {
            merged.pieces[index] = other.pieces[index]
        }
        if let ages = other.ages { merged.see(ages) }
        return merged
    }

    /// The oldest first.
    var buckets: [HistoryReport.Bucket] {
        pieces.enumerated().reversed().map { index, piece in
            HistoryReport.Bucket(
                endedSecondsAgo: Double(index) * seconds, minimum: piece.minimum,
                maximum: piece.maximum, last: piece.last, good: piece.good, bad: piece.bad)
        }
    }

    private func index(_ secondsAgo: Double) -> Int? {
        guard secondsAgo >= 0, secondsAgo < seconds * Double(pieces.count) else { return nil }
        return Int(secondsAgo / seconds)
    }

    private mutating func see(_ ages: ClosedRange<Double>) {
        let known = self.ages ?? ages
        self.ages =
            min(known.lowerBound, ages.lowerBound)...max(known.upperBound, ages.upperBound)
    }
}
