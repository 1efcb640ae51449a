import Platform
import Telemetry
import Uplink

/// How readings are put into messages.
public struct ForwardingRules: Sendable, Hashable {
    /// The most readings in one message.
    public var batchReadings: Int
    /// The longest payload, in bytes.
    public var batchBytes: Int
    /// How long a reading waits for others to share its message.
    public var batchAge: Duration
    /// The most messages that are sent and not yet acknowledged.
    public var window: Int

    /// Rules for messages.
    public init(batchReadings: Int, batchBytes: Int, batchAge: Duration, window: Int) {
        self.batchReadings = batchReadings
        self.batchBytes = batchBytes
        self.batchAge = batchAge
        self.window = window
    }
}

/// The way to one platform: its connection, its language and what is on its way there. Owned by
/// the forwarder.
struct UplinkLane {
    let connection: MQTTConnection
    /// The broker's address, for `status`.
    let broker: String
    let rules: ForwardingRules
    var session: any UplinkSession
    /// The present link; nil while there is none.
    private(set) var link: Link?
    private(set) var window: DeliveryWindow<PublishToken>
    /// Behind the last reading that was sent over the present link.
    var sent = Position.start
    /// Nothing is sent before this instant: the broker has refused a message.
    private(set) var holdUntil: Instant?
    private var refusals = Backoff(first: .seconds(2), longest: .seconds(120))
    private var lastToken: UInt64 = 0

    /// A way that begins with no link.
    init(
        connection: MQTTConnection, broker: String, session: any UplinkSession,
        rules: ForwardingRules
    ) {
        self.connection = connection
        self.broker = broker
        self.session = session
        self.rules = rules
        window = DeliveryWindow(limit: rules.window)
    }

    mutating func connect(_ link: Link, from start: Position) {
        self.link = link
        window = DeliveryWindow(limit: min(rules.window, link.window))
        sent = start
    }

    mutating func disconnect() {
        link = nil
        window.reset()
    }

    mutating func newToken() -> PublishToken {
        lastToken += 1
        return PublishToken(lastToken)
    }

    mutating func send(_ token: PublishToken, through end: Position) {
        window.send(token, through: end)
        sent = end
    }

    mutating func acknowledge(_ token: PublishToken) -> Position? {
        let settled = window.acknowledge(token)
        if settled != nil { refusals.succeed() }
        return settled
    }

    /// The broker has refused a message: everything unacknowledged is sent again, later.
    mutating func refuse(from start: Position, now: Instant) -> Instant {
        window.reset()
        sent = start
        let until = now + max(.seconds(1), refusals.next())
        holdUntil = until
        return until
    }

    /// Whether there is a link with room for a message.
    mutating func canSend(now: Instant) -> Bool {
        if let until = holdUntil {
            guard until <= now else { return false }
            holdUntil = nil
        }
        return link != nil && !window.isFull
    }
}
