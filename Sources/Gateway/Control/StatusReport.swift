import Telemetry

/// How the gateway is doing, as `armadio status` shows it. All counts are since the start.
public struct StatusReport: Codable, Sendable {
    /// The link to one platform's broker.
    public struct Link: Codable, Sendable {
        /// The uplink's name.
        public var name: String
        /// Whether it is up.
        public var isUp: Bool
        /// The address of the broker that it goes to.
        public var broker: String
        /// The first broker's address, and why the link is not with it; nil while it is.
        public var preferredFailure: String?
        /// `5` or `3.1.1`, while the link is up.
        public var protocolVersion: String?
        /// Why the link is down.
        public var failure: String?
        /// How long it is to the next try, in seconds, while the link is down.
        public var nextTrySeconds: Double?
        /// How long it has been up or down, in seconds.
        public var sinceSeconds: Double
        /// How often it has come up.
        public var connects: UInt64
        /// Publishes sent, acknowledged and refused by the broker.
        public var sent: UInt64
        public var acknowledged: UInt64
        public var refused: UInt64
        /// Publishes on their way, not yet acknowledged.
        public var inFlight: Int
        /// Publishes that the broker has and the platform has not yet committed, with
        /// `acknowledge: platform`.
        public var uncommitted: Int
        /// Bytes of payload sent.
        public var payloadBytes: UInt64
        /// Bytes that TCP has sent and received, with everything around the payload.
        public var bytesSent: UInt64
        public var bytesReceived: UInt64
        /// From a publish to its acknowledgement: the median and the 95th percentile of about the
        /// last thousand.
        public var roundTripMilliseconds: Double?
        public var roundTrip95Milliseconds: Double?
        /// The same with what there was since the start.
        public var roundTrips: Durations?
        /// Readings and records of gaps that are acknowledged.
        public var delivered: UInt64?
        /// Tries to connect that failed.
        public var failedTries: UInt64
        /// Readings set aside because the broker does not take them, and why.
        public var setAside: UInt64
        public var setAsideReason: String?
        /// Commands of the platform, and those that were not carried out.
        public var commands: UInt64
        public var refusedCommands: UInt64
    }

    /// The journal.
    public struct Journal: Codable, Sendable {
        /// This run's name in every reading's identity.
        public var epoch: String
        /// How many readings this run has taken.
        public var readings: UInt64
        /// Readings not yet acknowledged that are in memory alone.
        public var inMemory: Int
        /// Readings not yet acknowledged that are on disk.
        public var onDisk: UInt64
        /// Bytes of the journal's files.
        public var diskBytes: UInt64
        /// The age of the oldest reading not yet acknowledged, in seconds; nil if there is none.
        public var oldestSeconds: Double?
        /// Commits since the start.
        public var commits: UInt64
        /// Readings given up since the start.
        public var lost: UInt64
        /// Why the disk does not take readings; nil while it does.
        public var failure: String?
        /// Those among `lost` that memory, and that the disk had no room for.
        public var givenUp: UInt64?
        public var evicted: UInt64?
        /// What its files may take together, in bytes.
        public var limitBytes: UInt64?
        /// Bytes written to the disk, and synced writes.
        public var bytesWritten: UInt64?
        public var syncs: UInt64?
        /// Frames found damaged, and pieces of files put into quarantine.
        public var damagedFrames: UInt64?
        public var quarantined: UInt64?
        /// Moments of which both clocks are known.
        public var clockAnchors: Int?
    }

    /// The hardware watchdog.
    public struct Watchdog: Codable, Sendable {
        /// Its device.
        public var device: String
        /// Whether it is fed.
        public var isFed: Bool
        /// Why it is not fed; nil if it is.
        public var failure: String?
        /// The timeout that it has, in seconds; nil while it is not open.
        public var timeoutSeconds: Double?
        /// How long ago it was fed last, in seconds; nil if it never was.
        public var fedSeconds: Double?
    }

    /// One device.
    public struct Device: Codable, Sendable {
        /// Its name in the configuration.
        public var name: String
        /// Whether it answered when it was last asked.
        public var isAnswering: Bool
        /// Readings of good and of bad quality.
        public var good: UInt64
        public var bad: UInt64
        /// Readings of bad quality by their quality.
        public var badReasons: [String: UInt64]?
        /// Requests and failed requests.
        public var requests: UInt64
        public var failures: UInt64
        /// Polls left out because their time had passed.
        public var missedPolls: UInt64
        /// The median of about the last thousand requests' times, in milliseconds; nil before the
        /// first answer.
        public var latencyMilliseconds: Double?
        /// What 95 % of them did not exceed.
        public var latency95Milliseconds: Double?
        /// The same with what there was since the start.
        public var responses: Durations?
        /// The name of its bus.
        public var bus: String?
        /// Requests without an answer in time, refused by the device, with a wrong checksum, and
        /// answers that were somebody else's.
        public var timeouts: UInt64?
        public var exceptions: UInt64?
        public var checksumErrors: UInt64?
        public var corrupt: UInt64?
        /// Why the last failed request failed.
        public var failure: String?
        /// How long it has not answered, in seconds.
        public var failingSeconds: Double?
        /// How long it is at least to the next try of a device that does not answer, in seconds; nil
        /// if it is asked as its intervals say.
        public var nextTrySeconds: Double?
    }

    /// One bus.
    public struct Bus: Codable, Sendable {
        /// Its name in the configuration.
        public var name: String
        /// Which part of about the last minute it was in use.
        public var loadPercent: Double
        /// Requests, those without an answer in time, those that a device refused, and answers that
        /// were disturbed or somebody else's.
        public var requests: UInt64
        public var timeouts: UInt64
        public var exceptions: UInt64
        public var checksumErrors: UInt64
        public var corrupt: UInt64
        /// The requests of one cycle of all its devices, the registers that they read, and those
        /// among them that a point wants.
        public var plannedRequests: Int
        public var registersRead: Int
        public var registersWanted: Int
        /// `serial`, `tcp`, `serial-server` (RTU's frames on TCP), `i2c`, `gpio`, `hwmon` or `exec`.
        public var kind: String?
        /// Why it cannot keep its devices' intervals; nil while it can.
        public var overload: String?
    }

    /// How long something took, in seconds.
    public struct Durations: Codable, Sendable {
        /// How often it was measured since the start, and the time of all of it.
        public var count: UInt64
        public var sum: Double
        /// The median and the 95th percentile of about the last thousand; nil before the first.
        public var median: Double?
        public var percentile95: Double?

        init(_ histogram: LatencyHistogram) {
            (count, sum) = (histogram.count, histogram.sum.seconds)
            median = histogram.percentile(0.5)?.seconds
            percentile95 = histogram.percentile(0.95)?.seconds
        }
    }

    /// The line that tells of a power failure.
    public struct PowerFail: Codable, Sendable {
        /// The line, as the configuration names it.
        public var line: String
        /// Whether it says that the mains are gone.
        public var isActive: Bool
        /// How long it has said so, in seconds; nil while it does not.
        public var sinceSeconds: Double?
        /// How often the mains have gone since the start.
        public var count: UInt64
        /// Why the line cannot be watched; nil while it can.
        public var failure: String?
    }

    /// A configuration that is tried.
    public struct ConfigurationTrial: Codable, Sendable {
        /// Its id, which confirms it.
        public var id: String
        /// Who has sent it.
        public var origin: String
        /// When it is taken back unless it is confirmed.
        public var secondsLeft: Double
    }

    /// The gateway's name.
    public var gateway: String
    /// The program's version.
    public var version: String
    /// The time since the program started, in seconds.
    public var uptimeSeconds: Double
    /// Whether the wall clock has been set by a time source.
    public var clock: String
    /// Why the last reload changed nothing; nil if it did, or if there was none.
    public var configurationFailure: String?
    /// A configuration that is tried and waits for its confirmation; nil if there is none.
    public var configurationTrial: ConfigurationTrial?
    /// The buses that are lent, such as to a scan, and so not polled; nil if there are none.
    public var lentBuses: [String]?
    /// The hardware watchdog; nil if none is configured.
    public var watchdog: Watchdog?
    /// The line that tells of a power failure; nil if none is configured.
    public var powerFail: PowerFail?
    /// The links to the platforms' brokers, in the order of the configuration; at least one.
    public var uplinks: [Link]
    /// The journal.
    public var journal: Journal
    /// The buses that are polled, in the order of the configuration.
    public var buses: [Bus]?
    /// The devices, in the order of the configuration.
    public var devices: [Device]
}
