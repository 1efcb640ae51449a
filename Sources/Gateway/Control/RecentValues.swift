import Telemetry

/// What was read of each point in the last hour, in buckets of 30 s. Points that come once the
/// memory is full are not remembered.
struct RecentValues {
    /// How long a bucket is.
    static let bucketSeconds = 30.0
    /// How many buckets a point has: an hour.
    static let bucketsPerPoint = 120
    /// The most memory that all buckets take together.
    static let bytes = 2 << 20
    /// How many points that is.
    static let pointLimit = bytes / (bucketsPerPoint * MemoryLayout<Bucket>.stride)

    /// 16 bytes.
    struct Bucket {
        var minimum = Float.nan
        var maximum = Float.nan
        var last = Float.nan
        var good: UInt16 = 0
        var bad: UInt16 = 0

        mutating func note(_ value: Float?, isGood: Bool) {
            if isGood { good += good < .max ? 1 : 0 } else { bad += bad < .max ? 1 : 0 }
            guard isGood, let value, value.isFinite else { return }
            minimum = minimum.isNaN ? value : min(minimum, value)
            maximum = maximum.isNaN ? value : max(maximum, value)
            last = value
        }
    }

    fileprivate struct Ring {
        var buckets: [Bucket] = []
        /// The number of the last bucket, counted from the machine's start.
        var newest = 0
    }

    private var rings: [Ring] = []
    /// Where in `rings` a point's is, counted from 1; 0 if it has none. By the point, as each reading
    /// comes by here.
    private var places: [UInt16] = []

    mutating func note(_ point: Int, _ value: Float?, isGood: Bool, at instant: Instant) {
        let number = Self.number(of: instant)
        guard let place = place(of: point) ?? newPlace(of: point, number) else { return }
        rings[place].note(value, isGood: isGood, in: number)
    }

    private func place(of point: Int) -> Int? {
        guard point < places.count, places[point] > 0 else { return nil }
        return Int(places[point]) - 1
    }

    private mutating func newPlace(of point: Int, _ number: Int) -> Int? {
        guard rings.count < Self.pointLimit else { return nil }
        while places.count <= point { places.append(0) }
        rings.append(Ring(buckets: [], newest: number - 1))
        places[point] = UInt16(rings.count)
        return rings.count - 1
    }

    /// The buckets of the last seconds, the oldest first; nil if the point is not remembered.
    func history(of point: Int, seconds: Double, now: Instant) -> [HistoryReport.Bucket]? {
        guard let place = place(of: point) else { return nil }
        let ring = rings[place]
        let wanted = min(max(seconds, 1), Self.bucketSeconds * Double(Self.bucketsPerPoint))
        let newest = Self.number(of: now)
        let count = min(Int((wanted / Self.bucketSeconds).rounded(.up)), Self.bucketsPerPoint)
        return (newest - count + 1...newest).map { number in
            let ended = Double(now.nanoseconds) / 1e9 - Double(number + 1) * Self.bucketSeconds
            return HistoryReport.Bucket(ring.bucket(number), endedSecondsAgo: max(0, ended))
        }
    }

    private static func number(of instant: Instant) -> Int {
        Int((Double(instant.nanoseconds) / 1e9 / bucketSeconds).rounded(.down))
    }
}

extension RecentValues.Ring {
    fileprivate mutating func note(_ value: Float?, isGood: Bool, in number: Int) {
        if number > newest {
            let limit = RecentValues.bucketsPerPoint
            let fresh = min(number - newest, limit)
            let excess = buckets.count + fresh - limit
            if excess > 0 { buckets.removeFirst(min(excess, buckets.count)) }
            for _ in 0..<fresh { buckets.append(RecentValues.Bucket()) }
            newest = number
        }
        // What comes late goes where it belongs, if that is still there.
        let index = buckets.count - 1 - (newest - number)
        if buckets.indices.contains(index) { buckets[index].note(value, isGood: isGood) }
    }

    fileprivate func bucket(_ number: Int) -> RecentValues.Bucket {
        let index = buckets.count - 1 - (newest - number)
        return buckets.indices.contains(index) ? buckets[index] : RecentValues.Bucket()
    }
}

extension HistoryReport.Bucket {
    fileprivate init(_ bucket: RecentValues.Bucket, endedSecondsAgo: Double) {
        func number(_ value: Float) -> Double? { value.isNaN ? nil : Double(value) }
        self.init(
            endedSecondsAgo: endedSecondsAgo, minimum: number(bucket.minimum),
            maximum: number(bucket.maximum), last: number(bucket.last), good: Int(bucket.good),
            bad: Int(bucket.bad))
    }
}
