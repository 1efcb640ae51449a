import Telemetry

/// What a message of the platform asks of the gateway.
public enum SessionRequest: Sendable {
    /// Births are to be published now: asked for again, or the platform has come.
    case birth
    /// The platform is gone: say farewell, drop the link and wait for it on the next one.
    case leave(reason: String)
    /// A point is to be set.
    case command(PlatformCommand)
    /// The platform has these readings for good.
    case committed(Watermark)
    /// The message could not be understood; for the log.
    case flaw(String)
}

/// A wish of the platform that a point be set.
public struct PlatformCommand: Sendable {
    /// The longest id, in bytes.
    public static let idLimit = 128

    /// The device's name in the configuration.
    public var device: String
    /// The point's name.
    public var point: String
    /// What it is to be set to.
    public var value: Value
    /// The platform's own name for the command; empty if it gave none. The same id is not carried
    /// out twice.
    public var id: String
    /// Who asks, as far as the message says; for the record.
    public var origin: String
    /// Not to be carried out after this wall time; nil for a wish without an end.
    public var expiry: WallTime?
    /// Whether it is a wanted state that stays: carried out again after a restart, until another
    /// comes, and not recorded when nothing is to be changed.
    public var isDesired: Bool
    /// Where the outcome is told: the message's response topic, if it names one.
    public var responseTopic: String?
    /// What the outcome carries back unchanged (MQTT 5 correlation data).
    public var correlation: [UInt8]

    /// A command.
    public init(
        device: String, point: String, value: Value, id: String = "", origin: String = "",
        expiry: WallTime? = nil, isDesired: Bool = false, responseTopic: String? = nil,
        correlation: [UInt8] = []
    ) {
        self.device = device
        self.point = point
        self.value = value
        self.id = id
        self.origin = origin
        self.expiry = expiry
        self.isDesired = isDesired
        self.responseTopic = responseTopic
        self.correlation = correlation
    }

    /// `device/point`.
    public var path: String { device + "/" + point }
}

/// What became of a command.
public struct CommandOutcome: Sendable {
    /// How it ended.
    public enum Result: String, Sendable, CaseIterable {
        /// The point shows the value.
        case done
        /// It was not tried: not allowed, unknown, stale, or not a value of the point.
        case refused
        /// It was tried, and the device did not take it.
        case failed
    }

    /// How it ended.
    public var result: Result
    /// What the device shows; nil if that is not known.
    public var shown: Value?
    /// Why it was refused or failed; empty when it was done.
    public var reason: String

    /// An outcome.
    public init(_ result: Result, shown: Value? = nil, reason: String = "") {
        self.result = result
        self.shown = shown
        self.reason = reason
    }
}

/// What the platform has committed of one epoch.
public struct Watermark: Equatable, Sendable {
    /// The journal's id.
    public var journal: UInt64
    /// The epoch's number.
    public var epoch: UInt32
    /// Sequence numbers that the platform has, in order, disjoint; the first begins at 0 unless
    /// the platform does not have the epoch's beginning.
    public var ranges: [Range<UInt64>]

    /// A watermark.
    public init(journal: UInt64, epoch: UInt32, ranges: [Range<UInt64>]) {
        self.journal = journal
        self.epoch = epoch
        self.ranges = ranges
    }
}
