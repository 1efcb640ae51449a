import Drivers
import JSON
import Telemetry

/// What can be asked for on the control socket; control.md has each with its fields and its answer.
public enum ControlCommand: String, CaseIterable, Sendable {
    case status, points, live, history, log, read, write, rewind, borrow
    case giveBack = "return"
    case configHistory = "config-history"
    case configText = "config-text"
    case configApply = "config-apply"
    case configRollback = "config-rollback"
    case configConfirm = "config-confirm"

    static func unknown(_ name: String) -> String {
        "unknown command `\(name.prefix(80))`; there are "
            + allCases.map { "`\($0.rawValue)`" }.joined(separator: ", ")
    }
}

/// What a client asks on the control socket: one JSON object a line, as control.md describes them.
///
/// The connection stays open for further requests, except that a stream goes on until the client
/// closes it.
public struct ControlRequest: Codable, Sendable {
    /// What is asked for.
    public var command: String
    /// For `rewind`: by the queue's name the position, as EPOCH:SEQUENCE.
    public var positions: [String: String]?
    /// For `read`: the device.
    public var device: String?
    /// For `read`: the names of its points. For `history`: points as DEVICE/POINT.
    public var points: [String]?
    /// For `write`: the point, as DEVICE/POINT.
    public var point: String?
    /// For `write`: the value.
    public var value: ControlValue?
    /// For `borrow`: a host and port, or a serial port's path.
    public var address: String?
    /// For `return`, and for `borrow` if it is to go on: the loan's number.
    public var loan: UInt64?
    /// For `live`: how often, in seconds.
    public var every: Double?
    /// For `history`: how far back, in seconds.
    public var seconds: Double?
    /// For `log`: how many of the last lines.
    public var lines: Int?
    /// For `log`: whether new lines follow.
    public var follow: Bool?
    /// For `config-apply`: the SHA-256 of the file that is meant.
    public var hash: String?
    /// For `config-apply` and `config-rollback`: for how long it is tried, in seconds.
    public var within: Double?
    /// For `config-rollback` and `config-text`: the version's number.
    public var number: Int?

    /// A request for this command.
    public init(_ command: ControlCommand, positions: [String: String]? = nil) {
        self.command = command.rawValue
        self.positions = positions
    }

    /// A request to write a value to a point.
    public init(writing value: Value, to point: String) {
        self.init(.write)
        self.point = point
        self.value = ControlValue(value)
    }
}

/// What the daemon answers: exactly one of these.
public struct ControlResponse: Codable, Sendable {
    /// To `status`.
    public var status: StatusReport?
    /// To what changes something: it has been taken on.
    public var done: Bool?
    /// To `read`.
    public var read: ReadOutcome?
    /// To `write`: the device has taken it.
    public var written: WrittenPoint?
    /// To `borrow`.
    public var loan: BusLoan?
    /// To `points`.
    public var points: [PointReport]?
    /// To `live`.
    public var live: LiveFrame?
    /// To `history`.
    public var history: [HistoryReport]?
    /// To `log`.
    public var log: [LogLine]?
    /// To `log`: how many lines before these were not kept until the client took them.
    public var missed: UInt64?
    /// To `config-apply`, `config-rollback` and `config-confirm`.
    public var configuration: ConfigurationAnswer?
    /// To `config-history`.
    public var versions: ConfigurationHistory?
    /// To `config-text`.
    public var text: String?
    /// Why the request could not be served.
    public var error: String?

    /// An answer.
    public init(
        status: StatusReport? = nil, done: Bool? = nil, read: ReadOutcome? = nil,
        written: WrittenPoint? = nil, loan: BusLoan? = nil, points: [PointReport]? = nil,
        live: LiveFrame? = nil, history: [HistoryReport]? = nil, log: [LogLine]? = nil,
        missed: UInt64? = nil, configuration: ConfigurationAnswer? = nil,
        versions: ConfigurationHistory? = nil, text: String? = nil, error: String? = nil
    ) {
        self.status = status
        self.done = done
        self.read = read
        self.written = written
        self.loan = loan
        self.points = points
        self.live = live
        self.history = history
        self.log = log
        self.missed = missed
        self.configuration = configuration
        self.versions = versions
        self.text = text
        self.error = error
    }
}

/// What a device says.
public struct ReadOutcome: Codable, Sendable {
    /// A point as it was read.
    public struct Reading: Codable, Sendable {
        /// The point, as DEVICE/POINT.
        public var point: String
        /// Its value; nil if the quality is not `good`.
        public var value: ControlValue?
        /// The symbol of its unit; empty for none.
        public var unit: String
        /// Whether the value is good, and why not.
        public var quality: String

        init(_ sample: Sample, of device: DeviceSpec) {
            let point = device.points[sample.channel].point
            self.point = point.path
            value = sample.value.map(ControlValue.init)
            unit = point.unit.symbol
            quality = sample.quality.name
        }
    }

    /// One for each point that was asked for.
    public var readings: [Reading]
    /// Why a request to the device failed; nil if none did.
    public var failure: String?

    /// Whether all values are good.
    public var isGood: Bool { readings.allSatisfy { $0.quality == Quality.good.name } }

    /// The last sample of each of these channels, in their order.
    init(_ samples: [Sample], of channels: [Int], _ device: DeviceSpec, failure: String?) {
        readings = channels.compactMap { channel in
            samples.last { $0.channel == channel }.map { Reading($0, of: device) }
        }
        self.failure = failure
    }
}

/// What came of a write.
public struct WrittenPoint: Codable, Sendable {
    /// The point, as DEVICE/POINT.
    public var point: String
    /// What the device shows afterwards; nil if it was not read back.
    public var value: ControlValue?

    /// A point that took a write.
    public init(point: String, value: Value?) {
        self.point = point
        self.value = value.map(ControlValue.init)
    }
}

/// The limits of the control socket.
public enum ControlLimits {
    /// The longest request, in bytes; with it counts what a client sends before it has the answer
    /// to an earlier one.
    public static let requestBytes = 1024 * 1024
    /// The most that all clients' unfinished requests take together, in bytes; the client that
    /// goes beyond it is let go.
    public static let requestBytesOfAll = 4 * 1024 * 1024
    /// How deep a request's objects and arrays may be nested.
    public static let depth = 32
    /// How often a live stream may look, in seconds.
    public static let liveSeconds = 0.2...60.0
    /// The most points of one `history`.
    public static let historyPoints = 200
    /// The longest answer a client takes, in bytes: a thousand devices' status fits.
    public static let responseBytes = 4 * 1024 * 1024
    /// How many clients are served at once; one more is told so and let go.
    public static let clients = 64
    /// How long a client may be silent, or not read, before it is let go.
    public static let patience: Duration = .seconds(30)
}

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
    /// The links to the platforms' brokers, in the order of the configuration; at least one.
    public var uplinks: [Link]
    /// The journal.
    public var journal: Journal
    /// The buses that are polled, in the order of the configuration.
    public var buses: [Bus]?
    /// The devices, in the order of the configuration.
    public var devices: [Device]
}

/// The two directions of the wire format.
enum ControlCoding {
    static func encode(_ value: some Encodable) -> [UInt8] {
        do {
            return try JSONEncoder().encode(value) + [UInt8(ascii: "\n")]
        } catch {
            return Array(#"{"error":"the answer could not be encoded"}"#.utf8) + [10]
        }
    }

    static func decode<T: Decodable>(_ type: T.Type, from line: some Collection<UInt8>) throws -> T
    {
        try JSONDecoder().decode(type, from: line)
    }

    /// Whether the nesting is within `ControlLimits.depth`: a decoder that recurses is not asked
    /// to prove itself on the daemon's stack.
    static func isShallow(_ line: [UInt8]) -> Bool {
        var (depth, isText, isEscaped) = (0, false, false)
        for byte in line {
            if isEscaped {
                isEscaped = false
            } else if isText {
                isEscaped = byte == UInt8(ascii: "\\")
                isText = byte != UInt8(ascii: "\"")
            } else if byte == UInt8(ascii: "\"") {
                isText = true
            } else if byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[") {
                depth += 1
                if depth > ControlLimits.depth { return false }
            } else if byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]") {
                depth -= 1
            }
        }
        return true
    }
}
