import Platform
import Telemetry
import Uplink

/// What is done with readings that the broker has refused. None of them is ever passed over: what
/// is set aside stays in the journal, before the cursor, and is tried again.
struct RefusalPolicy {
    /// What is done next.
    enum Verdict: Equatable {
        /// Everything waits, for so long more or as long as it waits already, then it is sent again.
        case hold(Duration)
        /// It is sent again after a while; the rest flows on.
        case again(after: Duration)
        /// It is sent again in smaller parts.
        case split(items: Int)
        /// The rest flows on without it.
        case setAside
    }

    /// How often a message is tried.
    static let tries = 3
    /// How many refused messages may wait for another try beside the flow; with more, all waits.
    static let retryLimit = 16
    /// The wait between two tries of a message.
    static let pause: Duration = .seconds(2)
    /// After how long what was set aside is tried once more, and always on a new link.
    static let setAsideFor: Duration = .seconds(3600)

    /// Waits while the broker takes nothing at all: from 1 s to 2 min.
    private var backoff = Backoff(first: .seconds(2), longest: .seconds(120))
    /// Whether the broker has taken something since it refused a message for the first time.
    private var hasTaken = false

    /// The broker has taken a message.
    mutating func taken() {
        hasTaken = true
        backoff.succeed()
    }

    /// The broker has refused a delivery; so many wait already, and so many are set aside. While
    /// all waits anyway, what was sent before tells nothing new.
    mutating func refuse(
        _ delivery: Delivery, _ reason: ReasonCode, retries: Int, setAside: Int,
        isHolding: Bool = false
    ) -> Verdict {
        if delivery.refusals == 0 { hasTaken = false }
        if reason == .packetTooLarge, delivery.items > 1 {
            return .split(items: delivery.items / 2)
        }
        guard setAside < SetAside.limit else { return wait(isHolding) }
        if reason == .packetTooLarge { return .setAside }
        guard reason != .quotaExceeded, retries < Self.retryLimit else { return wait(isHolding) }
        if delivery.refusals + 1 < Self.tries {
            return .again(after: Self.pause * (1 << delivery.refusals))
        }
        // A broker that takes nothing at all has another fault than this message.
        guard hasTaken else { return wait(isHolding) }
        return .setAside
    }

    private mutating func wait(_ isHolding: Bool) -> Verdict {
        hasTaken = false
        if isHolding { return .hold(.zero) }
        return .hold(max(.seconds(1), backoff.next()))
    }
}

/// Readings that the broker does not take. They are still in the journal.
struct SetAside: Equatable {
    /// The most of one lane: a broker that refuses more than that has all of it wait.
    static let limit = 64

    var delivery: Delivery
    var reason: ReasonCode
    /// When it is tried again.
    var again: Instant
}
