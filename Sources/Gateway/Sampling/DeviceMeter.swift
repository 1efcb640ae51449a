import Buses
import Drivers
import Synchronization
import Telemetry

/// What a device's polls were like, for `status`. Written by its sampler, read by anyone.
public final class DeviceMeter: Sendable {
    /// The counts since the gateway took the device up.
    public struct Counts: Sendable, Equatable {
        /// Readings of good quality.
        public var goodReadings: UInt64 = 0
        /// Readings of bad quality, by the quality's number; no more than the highest that came.
        fileprivate(set) var badByQuality: [UInt64] = []
        /// Requests sent.
        public var requests: UInt64 = 0
        /// Requests that failed.
        public var failures: UInt64 = 0
        /// Polls left out because their time had passed.
        public var missedPolls: UInt64 = 0
        /// Requests without an answer in time.
        public var timeouts: UInt64 = 0
        /// Requests that the device refused.
        public var exceptions: UInt64 = 0
        /// Answers with a wrong checksum.
        public var checksumErrors: UInt64 = 0
        /// Answers to something else.
        public var corrupt: UInt64 = 0
        /// How long requests took that succeeded.
        var latencies = LatencyHistogram()
        /// What the driver has planned; nil if it does not say.
        var plan: PlanSummary?
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
    /// Readings of bad quality.
    public var badReadings: UInt64 { badByQuality.reduce(0, +) }

    /// Readings of bad quality by its name; what there was none of is left out.
    var badReasons: [String: UInt64] {
        var reasons: [String: UInt64] = [:]
        for quality in Quality.allCases where Int(quality.rawValue) < badByQuality.count {
            let count = badByQuality[Int(quality.rawValue)]
            if count > 0 { reasons[quality.name] = count }
        }
        return reasons
    }

    mutating func note(reading quality: Quality) {
        guard !quality.isGood else { return goodReadings += 1 }
        let index = Int(quality.rawValue)
        if index >= badByQuality.count {
            badByQuality += [UInt64](repeating: 0, count: index + 1 - badByQuality.count)
        }
        badByQuality[index] += 1
    }

    mutating func note(transfer: Duration, failure: BusError?) {
        requests += 1
        if let failure {
            failures += 1
            self.failure = failure.message
            classify(failure.code)
        } else {
            latencies.note(transfer)
        }
    }

    private mutating func classify(_ code: BusError.Code) {
        switch code {
        case .timeout: timeouts += 1
        case .exception: exceptions += 1
        case .checksum: checksumErrors += 1
        case .corrupt: corrupt += 1
        case .disconnected, .invalidRequest, .system: break
        }
    }
}
