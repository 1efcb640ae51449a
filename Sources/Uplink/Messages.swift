/// The protocol spoken with a broker.
public enum ProtocolVersion: String, Sendable, CaseIterable {
    /// MQTT 3.1.1: has no reason codes and no properties.
    case v311 = "3.1.1"
    /// MQTT 5.
    case v5 = "5"
}

/// MQTT's delivery promise from one hop to the next. Level 2 is not offered: its state would be
/// in memory only, and an identity at the receiver does what it promises.
public enum QualityOfService: UInt8, Sendable {
    /// Sent once and forgotten: settled when it is written to the socket.
    case atMostOnce = 0
    /// Sent until acknowledged.
    case atLeastOnce = 1
}

/// A message on its way to the broker.
public struct OutboundMessage: Sendable {
    /// Where it goes; no wildcards.
    public var topic: String
    /// What it says, at most 268,435,455 bytes with its headers (MQTT 5 section 1.5.5).
    public var payload: [UInt8]
    /// The delivery promise.
    public var qos: QualityOfService
    /// Whether the broker keeps it for whoever subscribes later.
    public var retain: Bool
    /// Names and values beside the payload; MQTT 5 only, left out on 3.1.1.
    public var userProperties: [(name: String, value: String)]
    /// The payload's media type; MQTT 5 only, left out on 3.1.1.
    public var contentType: String?
    /// What lets a requester find its request again (MQTT 5 section 3.3.2.3.6); empty for none.
    /// MQTT 5 only, left out on 3.1.1.
    public var correlation: [UInt8]

    /// A message, acknowledged and not retained unless said otherwise.
    public init(
        topic: String, payload: [UInt8], qos: QualityOfService = .atLeastOnce,
        retain: Bool = false, userProperties: [(name: String, value: String)] = [],
        contentType: String? = nil, correlation: [UInt8] = []
    ) {
        self.topic = topic
        self.payload = payload
        self.qos = qos
        self.retain = retain
        self.userProperties = userProperties
        self.contentType = contentType
        self.correlation = correlation
    }
}

/// A message from the broker.
public struct InboundMessage: Sendable {
    /// Where it was published.
    public var topic: String
    /// What it says.
    public var payload: [UInt8]
    /// Whether the broker had kept it from before the subscription.
    public var isRetained: Bool
    /// Names and values beside the payload; empty on 3.1.1.
    public var userProperties: [(name: String, value: String)]
    /// The payload's media type; nil on 3.1.1.
    public var contentType: String?
    /// Where the publisher wants its answer (MQTT 5 section 3.3.2.3.5); nil if it is not UTF-8,
    /// and on 3.1.1. Not checked otherwise.
    public var responseTopic: String?
    /// What the answer is to carry (MQTT 5 section 3.3.2.3.6); empty for none, and on 3.1.1.
    public var correlation: [UInt8]
    /// How many seconds the broker would still have kept the message (MQTT 5 section 3.3.2.3.3);
    /// nil for no end, and on 3.1.1. What is older the broker does not deliver.
    public var messageExpiry: UInt32?

    /// A message, as if it had come from the broker.
    public init(
        topic: String, payload: [UInt8], isRetained: Bool = false,
        userProperties: [(name: String, value: String)] = [], contentType: String? = nil,
        responseTopic: String? = nil, correlation: [UInt8] = [], messageExpiry: UInt32? = nil
    ) {
        self.topic = topic
        self.payload = payload
        self.isRetained = isRetained
        self.userProperties = userProperties
        self.contentType = contentType
        self.responseTopic = responseTopic
        self.correlation = correlation
        self.messageExpiry = messageExpiry
    }
}

/// The caller's own name for one publish. The caller chooses it before it publishes, so that
/// the receipt can never overtake the knowledge of what it is for.
public struct PublishToken: Hashable, Sendable {
    /// Any number that is not in use for another outstanding publish.
    public var number: UInt64

    /// The token with this number.
    public init(_ number: UInt64) {
        self.number = number
    }
}

/// What became of a call to publish.
public enum PublishResult: Hashable, Sendable {
    /// It is on its way: `.settled`, `.refused` or `.disconnected` will follow.
    case sent
    /// That link is not up; nothing was sent or kept.
    case notConnected
    /// As many publishes as the link allows are unacknowledged; nothing was sent or kept.
    case windowFull
}
