import Buses
import Synchronization
import Telemetry

/// What a device's polls were like, for `status`. Written by its sampler, read by anyone.
public final class DeviceMeter: Sendable {
    /// The counts since the gateway took the device up.
    public struct Counts: Sendable, Equatable {
        /// Readings of good quality.
        public var goodReadings: UInt64 = 0
        /// Readings of bad quality.
        public var badReadings: UInt64 = 0
        /// Requests sent.
        public var requests: UInt64 = 0
        /// Requests that failed.
        public var failures: UInt64 = 0
        /// Polls left out because their time had passed.
        public var missedPolls: UInt64 = 0
        /// The time of a request, smoothed over about eight of them; nil before the first success.
        public var latency: Duration?
        /// Why the last failed request failed; nil once one succeeds.
        public var failure: String?
        /// When the device stopped answering; nil while it does.
        public var failingSince: Instant?
        /// When a device that does not answer is asked again at the earliest; nil if it is asked as
        /// its intervals say.
        public var nextTry: Instant?
    }

    private let counts = Mutex(Counts())

    /// A meter at zero.
    public init() {}

    /// The counts now.
    public var snapshot: Counts { counts.withLock { $0 } }

    func update(_ change: (inout Counts) -> Void) {
        counts.withLock { change(&$0) }
    }
}

extension DeviceMeter.Counts {
    mutating func note(transfer: Duration, failure: BusError?) {
        requests += 1
        if let failure {
            failures += 1
            self.failure = failure.message
        } else {
            latency = latency.map { $0 + (transfer - $0) / 8 } ?? transfer
        }
    }
}
