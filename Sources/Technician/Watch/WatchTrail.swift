import Gateway

/// The last values of a point, one for each piece of 30 s, as the gateway keeps them: its history
/// and what is seen live fit together.
struct WatchTrail: Sendable {
    /// How long a piece is, in seconds.
    static let pieceSeconds = 30.0
    /// How many pieces are kept: 20 minutes.
    static let pieces = 40

    /// Whether values are kept at all.
    let isKept: Bool
    /// Whether the past was put in.
    private(set) var isFilled = false
    private var values: [Float] = []
    /// The number of the last piece, counted from the machine's start.
    private var newest = 0

    init(isKept: Bool) { self.isKept = isKept }

    /// Whether its past is still to be asked for.
    var lacksPast: Bool { isKept && !isFilled }

    private static func piece(of time: Double) -> Int {
        Int((time / pieceSeconds).rounded(.down))
    }

    /// Notes a value.
    mutating func note(_ value: Double, at time: Double) {
        guard isKept, time.isFinite, time.magnitude < 1e12 else { return }
        set(Float(value), Self.piece(of: time), isNewer: true)
    }

    /// Puts the past in.
    mutating func fill(_ history: HistoryReport, at now: Double) {
        isFilled = true
        for bucket in history.buckets {
            guard isKept, let last = bucket.last, bucket.endedSecondsAgo < 1e9 else { continue }
            // In the middle of it, whatever the answer's way took.
            let ago = bucket.endedSecondsAgo + history.bucketSeconds / 2
            let isOver = bucket.endedSecondsAgo > 0
            set(Float(last), Self.piece(of: isOver ? now - ago : now), isNewer: false)
        }
    }

    private mutating func set(_ value: Float, _ piece: Int, isNewer: Bool) {
        if values.isEmpty { newest = piece - 1 }
        let fresh = min(piece - newest, Self.pieces)
        if fresh > 0 {
            values += Array(repeating: .nan, count: fresh)
            values.removeFirst(max(0, values.count - Self.pieces))
            newest = piece
        }
        var index = values.count - 1 - (newest - piece)
        if index < 0, index >= values.count - Self.pieces {
            values = Array(repeating: .nan, count: -index) + values
            index = 0
        }
        guard values.indices.contains(index), isNewer || values[index].isNaN else { return }
        values[index] = value
    }

    /// The pieces up to now, the oldest first; nil for those without a good value.
    func values(at now: Double) -> [Double?] {
        guard !values.isEmpty, now.magnitude < 1e12 else { return [] }
        let passed = min(max(Self.piece(of: now) - newest, 0), Self.pieces)
        let kept = values.suffix(Self.pieces - passed)
        return kept.map { $0.isNaN ? nil : Double($0) } + Array(repeating: nil, count: passed)
    }
}
