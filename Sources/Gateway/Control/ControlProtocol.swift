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
