import Telemetry

/// One accepted connection to the broker, and what the broker allows on it.
public struct Link: Hashable, Sendable {
    /// Which connection of the process it is, from 1: a publish names the link it was made for,
    /// so that nothing prepared for a lost link goes over the next one.
    public var number: UInt64
    /// The number of the CONNECT that made it: refused ones count too.
    public var connect: UInt64
    /// The broker's address, such as `mqtts://broker.example:8883`.
    public var broker: String
    /// Whether that is the first broker of the configuration.
    public var isPreferred: Bool
    /// The protocol spoken.
    public var protocolVersion: ProtocolVersion
    /// How many publishes may be unacknowledged: the smaller of the caller's window and the
    /// broker's receive maximum (MQTT 5 section 3.2.2.3.3).
    public var window: Int
    /// The largest packet the broker takes, in bytes with its headers; nil if it named none.
    public var maximumPacketSize: Int?

    /// A link.
    public init(
        number: UInt64, connect: UInt64 = 1, broker: String = "", isPreferred: Bool = true,
        protocolVersion: ProtocolVersion, window: Int,
        maximumPacketSize: Int? = nil
    ) {
        self.number = number
        self.connect = connect
        self.broker = broker
        self.isPreferred = isPreferred
        self.protocolVersion = protocolVersion
        self.window = window
        self.maximumPacketSize = maximumPacketSize
    }

    /// How many bytes a payload may have on this link when `wanted` is the caller's own bound.
    public func payloadLimit(_ wanted: Int) -> Int {
        guard let maximumPacketSize else { return wanted }
        return max(1, min(wanted, maximumPacketSize - Link.headerBytes))
    }

    /// Set aside for a publish's topic, properties and fixed header. Ours need 300 bytes with
    /// names of ordinary length.
    static let headerBytes = 512
}

/// What happened on the connection, in the order in which it happened.
public enum ConnectionEvent: Sendable {
    /// The broker accepted the connection.
    case connected(Link)
    /// The link is down, or could not be made. Nothing that was outstanding on it will be
    /// settled; the caller sends it again over the next link. `nextTry` is nil after `stop`.
    case disconnected(ConnectionFailure, nextTry: Instant?)
    /// A broker before the present one is back: the link is given up for it when nothing is
    /// outstanding, at the latest at this instant. Nothing is taken any more; what is not
    /// settled by then has to be sent again.
    case leaving(by: Instant)
    /// The broker has taken responsibility for this publish; or it asked for no receipt and is
    /// written.
    case settled(PublishToken)
    /// The broker has thrown this publish away, for this reason (0x80 or more).
    case refused(PublishToken, ReasonCode)
    /// The broker does not let us hear this topic filter.
    case subscriptionRefused(String, ReasonCode)
}
