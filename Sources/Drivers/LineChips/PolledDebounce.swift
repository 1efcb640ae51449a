import Telemetry

/// Takes a level for real once it was seen for a while without a break: what a chip is asked for again
/// and again has no edges.
struct PolledDebounce {
    /// How long a level has to be seen.
    let time: Duration
    /// The level that is real; nil before the first look.
    private(set) var stable: Bool?
    /// Since when the other level is seen; nil while it is not.
    private var since: Instant?

    /// A line that nobody has looked at.
    init(time: Duration) {
        self.time = time
    }

    /// Takes what was seen. Answers the change that it makes: the new level and when it came.
    mutating func take(_ level: Bool, at now: Instant) -> (level: Bool, instant: Instant)? {
        guard let stable else {
            self.stable = level
            return (level, now)
        }
        guard level != stable else {
            since = nil
            return nil
        }
        let start = since ?? now
        since = start
        guard now - start >= time else { return nil }
        (self.stable, since) = (level, nil)
        return (level, start)
    }
}
