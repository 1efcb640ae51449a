import Telemetry

/// The platform's language: how batches are encoded, what is said when a link comes and goes,
/// and what proves that a batch has arrived.
///
/// A session is owned by one forwarder; it may keep what it has worked out between calls.
public protocol UplinkSession: Sendable {
    /// Encodes the readings of a batch from `offset` on, as many as fit, or its gap.
    ///
    /// The caller goes on behind them with `offset + count`. At least one reading is taken.
    /// Returns nil only if `offset` is not inside of the batch.
    mutating func encode(
        _ batch: OutboundBatch, from offset: Int, in context: EncodingContext
    ) -> EncodedBatch?

    /// What is published first on every new link.
    func birth(epoch: Epoch) -> OutboundMessage

    /// What the broker publishes when the link is lost.
    var will: OutboundMessage { get }

    /// What is published last before a wanted end.
    var farewell: OutboundMessage { get }

    /// The publish whose arrival at the platform this event proves, if it proves one.
    func acknowledged(by event: ConnectionEvent) -> PublishToken?
}

extension UplinkSession {
    /// A lost link and a wanted end say the same.
    public var farewell: OutboundMessage { will }

    /// The broker's acknowledgement is taken as the platform's.
    public func acknowledged(by event: ConnectionEvent) -> PublishToken? {
        if case .settled(let token) = event { token } else { nil }
    }
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

    /// The moment and the link.
    public init(
        protocolVersion: ProtocolVersion, now: Instant, boot: BootID,
        byteLimit: Int = EncodingContext.defaultByteLimit
    ) {
        self.protocolVersion = protocolVersion
        self.now = now
        self.boot = boot
        self.byteLimit = byteLimit
    }
}

/// A part of a batch, ready to be published.
public struct EncodedBatch: Sendable {
    /// The message.
    public var message: OutboundMessage
    /// How many sequence numbers it stands for.
    public var count: UInt64
    /// The sequence number of its first reading.
    public var firstSequence: UInt64

    /// A part of a batch.
    public init(message: OutboundMessage, count: UInt64, firstSequence: UInt64) {
        self.message = message
        self.count = count
        self.firstSequence = firstSequence
    }
}
