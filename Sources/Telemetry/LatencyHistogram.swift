/// How long answers took, in classes of a quarter of an octave (19 %) from 100 us to 104 s: the
/// median and the 95th percentile of about the last thousand requests, in 320 bytes.
public struct LatencyHistogram: Sendable, Equatable {
    private static let classes = 80
    /// With so many counted all counts are halved, so that what was long ago fades.
    private static let fading = 1024

    private var counts = [UInt32](repeating: 0, count: classes)
    private var total = 0
    /// How many were ever counted, and the time of all of them.
    public private(set) var count: UInt64 = 0
    public private(set) var sum = Duration.zero

    /// Nothing counted yet.
    public init() {}

    /// Counts a latency.
    public mutating func note(_ latency: Duration) {
        counts[Self.index(of: latency)] += 1
        total += 1
        count += 1
        sum += latency
        guard total >= Self.fading else { return }
        for index in counts.indices { counts[index] /= 2 }
        total = counts.reduce(0) { $0 + Int($1) }
    }

    /// The latency that this part of the requests did not exceed, at most 9 % off; nil before the
    /// first.
    public func percentile(_ part: Double) -> Duration? {
        guard total > 0 else { return nil }
        var left = (part * Double(total)).rounded(.up)
        for (index, count) in counts.enumerated() {
            left -= Double(count)
            if left <= 0 { return Self.middle(of: index) }
        }
        return Self.middle(of: Self.classes - 1)
    }

    /// Four classes an octave: the octave from the highest bit, the quarter from the two below it.
    private static func index(of latency: Duration) -> Int {
        let steps = UInt64(max(latency.nanoseconds / 25_000, 4))
        let octave = 63 - steps.leadingZeroBitCount
        let quarter = Int(steps >> UInt64(octave - 2)) & 3
        return min((octave - 2) * 4 + quarter, classes - 1)
    }

    private static func middle(of index: Int) -> Duration {
        let (octave, quarter) = (index / 4, index % 4)
        let eighths = Int64(8 + 2 * quarter + 1) << Int64(octave)
        return .nanoseconds(eighths * 25_000 / 2)
    }
}
