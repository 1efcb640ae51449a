import Journal
import Synchronization
import Telemetry
import Uplink

/// What the forwarder does with the journal, for `status`. Written by the forwarder, read by
/// anyone.
public final class ForwardingMeter: Sendable {
    /// The state of the journal.
    public struct State: Sendable {
        /// Readings taken since the start.
        public var taken: UInt64 = 0
        /// When the oldest reading that is not acknowledged was taken; before this boot's zero if
        /// an earlier boot took it.
        public var oldest: Instant?
        /// The journal's own counts.
        public var journal = JournalStatistics()
    }

    private let state = Mutex(State())

    init() {}

    /// The state now.
    public var snapshot: State { state.withLock { $0 } }

    func update(_ change: (inout State) -> Void) {
        state.withLock { change(&$0) }
    }
}

/// How the way to one platform is, for `status`. Written by the forwarder, read by anyone.
public final class LinkMeter: Sendable {
    /// The state of a link.
    public struct State: Sendable {
        /// Whether it is up.
        public var isUp = false
        /// The broker that the link goes to, or went to last; nil before the first link.
        public var broker: String?
        /// Whether that is the first of several.
        public var isPreferred = true
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
        /// Publishes handed to the broker.
        public var sent: UInt64 = 0
        /// Publishes that the broker acknowledged.
        public var acknowledged: UInt64 = 0
        /// Readings and records of gaps that are settled by an answer of the broker or, with
        /// `acknowledge: platform`, of the platform.
        public var delivered: UInt64 = 0
        /// Publishes that the broker refused.
        public var refused: UInt64 = 0
        /// Bytes of payload handed to the broker.
        public var payloadBytes: UInt64 = 0
        /// Publishes on their way.
        public var inFlight = 0
        /// Publishes that the broker has and the platform has not yet committed.
        public var uncommitted = 0
        /// Readings that are set aside because the broker does not take them.
        public var setAside: UInt64 = 0
        /// Why; the last reason.
        public var setAsideReason: String?
        /// What the platform asks, and what of it was refused.
        public var commands: UInt64 = 0
        public var refusedCommands: UInt64 = 0
    }

    /// The uplink's name in the configuration.
    public let name: String
    /// The first broker's address.
    public let broker: String

    private let state: Mutex<State>
    private let source = Mutex<(@Sendable () -> LinkStatistics)?>(nil)

    init(name: String, broker: String, now: Instant) {
        self.name = name
        self.broker = broker
        state = Mutex(State(since: now))
    }

    /// What the connection has carried; nothing before there is one.
    public var statistics: LinkStatistics {
        let source = source.withLock { $0 }
        return source?() ?? LinkStatistics()
    }

    /// Says where the statistics come from.
    func attach(_ source: @escaping @Sendable () -> LinkStatistics) {
        self.source.withLock { $0 = source }
    }

    /// The state now.
    public var snapshot: State { state.withLock { $0 } }

    func update(_ change: (inout State) -> Void) {
        state.withLock { change(&$0) }
    }
}
