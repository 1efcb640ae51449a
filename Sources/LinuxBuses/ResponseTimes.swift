import Telemetry

/// How long each unit of a bus is to be waited for, from how fast it has answered so far: four
/// times the filtered latency, within the bounds that are given. At most one entry a unit id.
struct ResponseTimes {
    private enum Known {
        /// The filtered time to the first byte: it rises at once and falls slowly, so that a device
        /// with some slow registers is waited for long enough.
        case latency(Duration)
        /// After time-outs: what is waited for next.
        case patience(Duration)
    }

    /// A time-out is this many latencies.
    private static let factor = 4
    /// By which part of the difference the filtered latency falls with each answer.
    private static let decay = 16

    private var units: [UInt8: Known] = [:]

    /// How long to wait for the first byte, in whole milliseconds: the most until the unit is known.
    func timeout(of unit: UInt8, least: Duration, most: Duration) -> Duration {
        switch units[unit] {
        case nil: most
        case .latency(let latency):
            min(
                most, max(least, .milliseconds((latency * Self.factor).nanoseconds / 1_000_000 + 1))
            )
        case .patience(let patience): min(most, patience)
        }
    }

    /// Notes how long the first byte took.
    mutating func note(_ latency: Duration, of unit: UInt8) {
        var filtered = max(latency, .zero)
        if case .latency(let old) = units[unit], old > filtered {
            filtered = old - (old - filtered) / Self.decay
        }
        units[unit] = .latency(filtered)
    }

    /// Notes that nothing came within this time: the next wait is twice as long.
    mutating func noteTimeout(of unit: UInt8, after waited: Duration) {
        // Nothing is known of a unit that has never answered.
        if units[unit] != nil { units[unit] = .patience(waited * 2) }
    }
}
