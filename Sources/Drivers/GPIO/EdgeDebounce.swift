import Buses
import Telemetry

/// Takes a level for real once it has held for a while, by the kernel's time stamps: a contact that
/// bounces is one change, at the instant from which on the new level held.
struct EdgeDebounce {
    /// How long a level has to hold.
    let time: Duration
    /// The level that is real.
    private(set) var stable: Bool
    /// The level that was seen last, and since when.
    private var last: Edge

    /// A line that has this level.
    init(time: Duration, level: Bool, at instant: Instant) {
        self.time = time
        stable = level
        last = Edge(isActive: level, at: instant)
    }

    /// When the level seen last becomes real if it holds; nil if it is.
    var deadline: Instant? {
        last.isActive == stable ? nil : last.instant + time
    }

    /// Takes an edge. Answers a change that was complete before it.
    mutating func take(_ edge: Edge) -> Edge? {
        let change = settle(at: edge.instant)
        // Two edges the same way: one between them was not seen, so the level did not hold.
        last = edge
        return change
    }

    /// Answers a change that is complete by now.
    mutating func settle(at now: Instant) -> Edge? {
        guard let deadline, deadline <= now else { return nil }
        stable = last.isActive
        return last
    }
}
