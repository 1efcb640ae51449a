import Telemetry

/// Growing delays between tries, with full jitter: each is drawn evenly from zero to a bound
/// that doubles from `first` to `longest`, so that a thousand cabinets do not come back at once.
public struct Backoff: Sendable {
    /// The bound of the first delay.
    public let first: Duration
    /// The largest bound.
    public let longest: Duration
    /// How many delays were drawn since the last success.
    public private(set) var failures = 0

    /// Delays up to `first` after the first failure and up to `longest` in the end.
    public init(first: Duration, longest: Duration) {
        self.first = first
        self.longest = longest
    }

    /// The bound of the next delay.
    public var bound: Duration {
        min(longest, first * (1 << min(failures, 30)))
    }

    /// Draws the delay before the next try.
    public mutating func next(using generator: inout some RandomNumberGenerator) -> Duration {
        let delay = Int64.random(in: 0...bound.nanoseconds, using: &generator)
        failures += 1
        return .nanoseconds(delay)
    }

    /// Draws the delay before the next try.
    public mutating func next() -> Duration {
        var generator = SystemRandomNumberGenerator()
        return next(using: &generator)
    }

    /// The try was a success: the next delay is short again.
    public mutating func succeed() {
        failures = 0
    }
}
