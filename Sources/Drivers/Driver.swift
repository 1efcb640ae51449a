import Buses
import Telemetry

/// One device, seen through its driver.
///
/// A driver is no Sendable thing: the sampler of its bus makes it, owns it and calls it, one
/// call at a time, on the bus's own executor. It sees only protocols of Buses, so the same
/// driver runs over the real bus and over a scripted one.
///
/// What fails is told to the sink, sample by sample; a poll itself cannot fail.
public protocol Driver: AnyObject {
    /// Says which channels are polled together, once, before the first poll. Each group has an
    /// interval of its own; the driver plans its requests within a group.
    ///
    /// - Parameter groups: Indices into the plan's channels.
    func arrange(groups: [[Int]])

    /// What one cycle of all groups costs, once arranged; nil if the driver does not plan.
    var planSummary: PlanSummary? { get }

    /// Reads a group's channels. Every channel of the group gets exactly one sample, good or bad.
    func poll(group: Int, into sink: any SampleSink) async

    /// When `collect` is to be called at the latest though nothing has come, `Instant.latest` if
    /// there is no such time; nil for a device that tells nothing by itself.
    var wakeTime: Instant? { get }

    /// Takes over what the device has told by itself, and does what its time has come for. Called
    /// when the bus has something, when `wakeTime` has passed, and at any other time.
    func collect(into sink: any SampleSink) async

    /// Writes to a channel that is declared writable.
    ///
    /// - Parameters:
    ///   - value: A text is understood as a person would write it: `on`, `21.5`.
    ///   - sink: Gets the channel's sample if it was read back.
    /// - Returns: What the device shows afterwards; nil if it was not asked.
    /// - Throws: `DriverError` when the value does not fit or the device did not take it.
    func write(
        _ value: Value, to channel: Int, into sink: any SampleSink
    ) async throws(DriverError) -> Value?
}

extension Driver {
    /// Nothing is said.
    public var planSummary: PlanSummary? { nil }
    /// A device that tells nothing by itself.
    public var wakeTime: Instant? { nil }
    /// A device that tells nothing by itself.
    public func collect(into sink: any SampleSink) {}
}

/// What a driver reads to bring all of its channels once.
public struct PlanSummary: Hashable, Sendable {
    /// Requests.
    public var requests: Int
    /// Registers (or bits) that they read.
    public var read: Int
    /// Registers (or bits) among them that a channel wants.
    public var wanted: Int

    /// A plan of this size.
    public init(requests: Int, read: Int, wanted: Int) {
        self.requests = requests
        self.read = read
        self.wanted = wanted
    }
}

/// What a channel gave at one moment.
public struct Sample: Sendable, Equatable {
    /// The index of the channel in the device's plan.
    public var channel: Int
    /// The value in the channel's unit; nil when `quality` is not good.
    public var value: Value?
    /// Whether the value is good, and why not.
    public var quality: Quality
    /// When it was taken.
    public var instant: Instant

    /// A sample.
    public init(channel: Int, value: Value?, quality: Quality, instant: Instant) {
        self.channel = channel
        self.value = value
        self.quality = quality
        self.instant = instant
    }
}

/// Where a driver puts what it reads, and what its transfers were like.
public protocol SampleSink: AnyObject {
    /// The present instant, to stamp samples with.
    func now() -> Instant
    /// Takes one sample.
    func take(_ sample: Sample)
    /// Takes note of one request to the device: how long it took, and how it failed if it did.
    func note(transfer: Duration, failure: BusError?)
    /// Tells the log what the readings do not say: once when it begins and once when it ends.
    func tell(_ message: String, isTrouble: Bool)
}

extension SampleSink {
    /// Nobody reads it.
    public func tell(_ message: String, isTrouble: Bool) {}
}

/// One quantity that a device offers.
public struct Channel: Hashable, Sendable {
    /// Its name: the name of the point in the configuration.
    public var name: String
    /// The unit of its values.
    public var unit: Unit
    /// Whether it can be written, which the configuration has to say.
    public var isWritable: Bool
    /// What is written to it when the gateway stops, or has lost its uplink for too long; nil to
    /// leave it as it is.
    public var safeValue: Value?

    /// A channel of a device.
    public init(
        name: String, unit: Unit = .none, isWritable: Bool = false, safeValue: Value? = nil
    ) {
        self.name = name
        self.unit = unit
        self.isWritable = isWritable
        self.safeValue = safeValue
    }
}

/// Why a driver could not do what it was asked for.
public enum DriverError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The bus or the device failed.
    case bus(BusError)
    /// The channel cannot be written.
    case notWritable(channel: String)
    /// The value does not fit the channel.
    case unfitValue(String)
    /// The device took the write, yet reads back something else.
    case notTaken(String)

    public var description: String {
        switch self {
        case .bus(let error): error.description
        case .notWritable(let channel): "\(channel) is not writable; set `writable: true` there"
        case .unfitValue(let reason), .notTaken(let reason): reason
        }
    }
}
