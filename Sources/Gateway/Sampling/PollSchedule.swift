import Telemetry

/// The deadlines of one poll group: whole multiples of its interval on the boot clock, so that
/// the thousandth poll is on the same grid as the first and groups of equal interval coincide.
struct PollSchedule: Sendable {
    let interval: Duration
    /// When the group is to be polled next.
    private(set) var next: Instant
    /// Deadlines that had passed before their poll could begin. They are counted and left out,
    /// never caught up in a burst.
    private(set) var missed: UInt64 = 0

    /// A group with a longer interval is polled at once, and then on its grid: whoever sets up a
    /// cabinet does not wait a minute to see whether a point is right.
    static let longestWait = Duration.seconds(5)

    /// A schedule whose first deadline is the first multiple of the interval from `now` on, or
    /// `now` where that would be long to wait for.
    init(interval: Duration, now: Instant) {
        self.interval = interval
        next = now
        if interval <= PollSchedule.longestWait { next = multiple(notBefore: now) }
    }

    /// The first multiple of the interval from an instant on.
    private func multiple(notBefore instant: Instant) -> Instant {
        let step = max(1, interval.nanoseconds)
        let (quotient, remainder) = instant.nanoseconds.quotientAndRemainder(dividingBy: step)
        return Instant(nanoseconds: (quotient + (remainder > 0 ? 1 : 0)) * step)
    }

    /// Moves on to the deadline after the one just served; those already past are missed, unless
    /// they were left out on purpose.
    mutating func advance(now: Instant, isLate: Bool = true) {
        next = multiple(notBefore: next + .nanoseconds(1))
        guard next < now else { return }
        let late = (now - next).nanoseconds / max(1, interval.nanoseconds)
        // The deadline just passed can still be served, late; the ones before it cannot.
        if isLate { missed += UInt64(late) }
        next = next + interval * Int(late)
    }

    /// Lets the group be polled at once.
    mutating func hasten(to now: Instant) {
        next = min(next, now)
    }
}
