/// What was measured of one thing up to now, as plots show it.
public struct TimeSeries: Sendable, Hashable {
    /// A piece of time.
    public struct Sample: Sendable, Hashable {
        /// How long ago it was, in seconds.
        public var secondsAgo: Double
        /// Its value; nil for a gap.
        public var value: Double?
        /// The least and the largest value in it.
        public var range: ClosedRange<Double>?

        /// A piece of time. What is not finite is a gap.
        public init(
            secondsAgo: Double, value: Double?, minimum: Double? = nil, maximum: Double? = nil
        ) {
            self.secondsAgo = secondsAgo
            guard let value, value.isFinite else { return }
            self.value = value
            let low = minimum.flatMap { $0.isFinite ? min($0, value) : nil } ?? value
            let high = maximum.flatMap { $0.isFinite ? max($0, value) : nil } ?? value
            range = low...high
        }
    }

    /// The oldest first.
    public var samples: [Sample]
    /// The symbol of the unit; empty for none.
    public var unit: String
    /// How long the time is that a plot shows, in seconds.
    public var seconds: Double

    /// A series. Samples from before the time that is shown are left out.
    public init(_ samples: [Sample], unit: String = "", seconds: Double) {
        let shown = seconds.isFinite ? max(seconds, 1) : 1
        self.seconds = shown
        self.samples = samples.filter { (0...shown).contains($0.secondsAgo) }
        self.unit = unit
    }

    /// From the least value to the largest; nil without any.
    public var range: ClosedRange<Double>? {
        let ranges = samples.compactMap(\.range)
        guard let low = ranges.map(\.lowerBound).min(), let high = ranges.map(\.upperBound).max()
        else { return nil }
        return low...high
    }

    /// The stretches between gaps, each with at least one sample that has a value.
    var stretches: [[Sample]] {
        samples.split { $0.value == nil }.map(Array.init)
    }

    /// Where a sample is on the time axis: 0 is its beginning, 1 now.
    func place(_ sample: Sample) -> Double { 1 - sample.secondsAgo / seconds }
}
