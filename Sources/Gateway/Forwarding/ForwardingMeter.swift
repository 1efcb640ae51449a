import Journal
import Synchronization
import Telemetry

/// What the forwarder is doing, for `status`. Written by the forwarder, read by anyone.
public final class ForwardingMeter: Sendable {
    /// The state of link and journal.
    public struct State: Sendable {
        /// Whether the link is up.
        public var isUp = false
        /// The protocol's version while the link is up.
        public var protocolVersion: String?
        /// Why the link is down.
        public var failure: String?
        /// When the next try is, while the link is down.
        public var nextTry: Instant?
        /// When the link came up or went down.
        public var since: Instant
        /// How often the link has come up.
        public var connects: UInt64 = 0
        /// Messages handed to the broker.
        public var sent: UInt64 = 0
        /// Messages that the broker acknowledged.
        public var acknowledged: UInt64 = 0
        /// Messages that the broker refused.
        public var refused: UInt64 = 0
        /// Messages on their way.
        public var inFlight = 0
        /// Readings taken since the start.
        public var taken: UInt64 = 0
        /// When the oldest reading that is not acknowledged was taken; before this boot's zero if
        /// an earlier boot took it.
        public var oldest: Instant?
        /// The journal's own counts.
        public var journal = JournalStatistics()
    }

    private let state: Mutex<State>

    init(now: Instant) {
        state = Mutex(State(since: now))
    }

    /// The state now.
    public var snapshot: State { state.withLock { $0 } }

    func update(_ change: (inout State) -> Void) {
        state.withLock { change(&$0) }
    }
}
