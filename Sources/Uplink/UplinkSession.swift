import Telemetry

/// The platform's language: how batches are encoded, what is said when a link comes and goes,
/// and what the platform says to us.
///
/// A session is owned by one lane of the forwarder; it may keep what it has worked out between
/// calls. What counts as an acknowledgement is told by the messages themselves: a batch has
/// arrived when each of its messages is settled, so a language whose data is not acknowledged
/// (Sparkplug B) puts a QoS 1 message behind it.
public protocol UplinkSession: Sendable {
    /// Encodes the readings of a batch from the item `offset` on, as many as fit, or its gap.
    ///
    /// The caller goes on behind them with `offset + items`. At least one item is taken, though
    /// it may need no message. Returns nil only if `offset` is not inside of the batch.
    mutating func encode(
        _ batch: OutboundBatch, from offset: Int, in context: EncodingContext
    ) -> EncodedBatch?

    /// What is published first on every new link, in this order, and again after `.birth`.
    /// Readings follow when all of it is answered.
    mutating func births(_ presence: Presence) -> [OutboundMessage]

    /// What the broker publishes when the link is lost, by the number of the CONNECT that it goes
    /// with: `Presence` names the same number. Nil for none.
    func will(connect: UInt64) -> OutboundMessage?

    /// What is published last before a wanted end; nil for nothing.
    mutating func farewell() -> OutboundMessage?

    /// The same with its reason, in languages that can tell it.
    mutating func farewell(because reason: FarewellReason) -> OutboundMessage?

    /// The topic filters that are heard on every link.
    var subscriptions: [String] { get }

    /// Whether the platform is there to hear births and readings. While it is false, a link is
    /// kept and nothing is sent over it.
    var isAwaited: Bool { get }

    /// The link is lost or left: what the platform has said over it holds no more.
    mutating func linkIsDown()

    /// Takes a message of the platform, and says what is to be done.
    mutating func receive(_ message: InboundMessage) -> [SessionRequest]

    /// Tells the platform what became of its command.
    mutating func answer(_ outcome: CommandOutcome, to command: PlatformCommand)
        -> [OutboundMessage]
}

extension UplinkSession {
    /// A lost link and a wanted end say the same.
    public mutating func farewell() -> OutboundMessage? { will(connect: 0) }

    /// Nobody is told why.
    public mutating func farewell(because reason: FarewellReason) -> OutboundMessage? { farewell() }

    /// Nothing is heard.
    public var subscriptions: [String] { [] }

    /// The platform is always there.
    public var isAwaited: Bool { true }

    /// Nothing changes.
    public mutating func linkIsDown() {}

    /// Nothing is done.
    public mutating func receive(_ message: InboundMessage) -> [SessionRequest] { [] }

    /// Nothing is told.
    public mutating func answer(_ outcome: CommandOutcome, to command: PlatformCommand)
        -> [OutboundMessage]
    { [] }
}

/// Why a gateway goes.
public enum FarewellReason: String, Sendable {
    /// It was told to.
    case stop
    /// Its mains are gone.
    case powerFail = "power-fail"
}

/// What an encoder has to know of the moment and the link.
public struct EncodingContext: Sendable {
    /// The usual bound of a payload in bytes: cloud brokers take 128 KiB a message with headers,
    /// and a broker that finds a 3.1.1 packet too large drops it without a word.
    public static let defaultByteLimit = 96 * 1024

    /// The protocol of the link it will be sent over.
    public var protocolVersion: ProtocolVersion
    /// The present instant.
    public var now: Instant
    /// The boot that `now` belongs to.
    public var boot: BootID
    /// The most bytes a payload may have; at least 1,024 are used.
    public var byteLimit: Int
    /// The most messages that one call may answer with, at least 1; a last one that only asks for
    /// a receipt is not counted.
    public var messageLimit: Int
    /// Whether the readings are of an outage: older than the link, and sent late.
    public var isBacklog: Bool

    /// The moment and the link.
    public init(
        protocolVersion: ProtocolVersion, now: Instant, boot: BootID,
        byteLimit: Int = EncodingContext.defaultByteLimit, messageLimit: Int = 20,
        isBacklog: Bool = false
    ) {
        self.protocolVersion = protocolVersion
        self.now = now
        self.boot = boot
        self.byteLimit = byteLimit
        self.messageLimit = messageLimit
        self.isBacklog = isBacklog
    }
}

/// A part of a batch, ready to be published.
public struct EncodedBatch: Sendable {
    /// The messages, in order; none if the platform has no use for these readings.
    public var messages: [OutboundMessage]
    /// How many items of the batch they stand for: readings, or 1 for the record of a gap.
    public var items: Int

    /// A part of a batch.
    public init(messages: [OutboundMessage], items: Int) {
        self.messages = messages
        self.items = items
    }
}
