import Telemetry

/// Keeps a line that chatters from flooding the journal and the link: some changes a second pass in
/// the long run, and a burst of ten seconds' worth at once.
struct ChatterLimit {
    /// How many seconds' worth may come at once.
    static let burst = 10.0
    /// The changes a second that pass unless the configuration says otherwise.
    static let usual = 10.0

    /// Changes a second that pass in the long run.
    let rate: Double
    /// Changes that may pass now, at most `rate * burst`.
    private var room: Double
    private var last: Instant
    /// Since when changes are left out; nil while they pass.
    private(set) var since: Instant?
    /// How many were left out.
    private(set) var leftOut: UInt64 = 0

    /// A line that is quiet.
    init(rate: Double, now: Instant) {
        self.rate = rate
        room = rate * Self.burst
        last = now
    }

    /// Whether a change passes.
    mutating func passes(at instant: Instant) -> Bool {
        refill(to: instant)
        let passes = since == nil && room >= 1
        room = max(0, room - 1)
        if !passes {
            since = since ?? instant
            leftOut += 1
        }
        return passes
    }

    /// When a line that goes quiet now counts as quiet: half of the burst has room again.
    var quietTime: Instant? {
        guard since != nil else { return nil }
        let missing = rate * Self.burst / 2 - room
        return missing <= 0 ? last : last + .nanoseconds(Int64(missing / rate * 1e9) + 1)
    }

    /// Ends leaving out if the line is quiet. Answers how many changes were left out.
    mutating func end(at now: Instant) -> UInt64? {
        guard let quietTime, quietTime <= now else { return nil }
        defer { (since, leftOut) = (nil, 0) }
        return leftOut
    }

    private mutating func refill(to instant: Instant) {
        guard instant > last else { return }
        room = min(rate * Self.burst, room + (instant - last).seconds * rate)
        last = instant
    }
}
