import Journal
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
    /// How readings of an outage are sent.
    public var backlog: BacklogRules

    /// Rules for messages.
    public init(
        batchReadings: Int, batchBytes: Int, batchAge: Duration, window: Int,
        backlog: BacklogRules = BacklogRules()
    ) {
        self.batchReadings = batchReadings
        self.batchBytes = batchBytes
        self.batchAge = batchAge
        self.window = window
        self.backlog = backlog
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
    /// What is sent next over the present link.
    private var order: SendingOrder
    /// Counts how often sending has begun anew.
    private(set) var beginnings = 0
    /// Nothing is sent before this instant: the broker has refused a message.
    private(set) var holdUntil: Instant?
    private var refusals = Backoff(first: .seconds(2), longest: .seconds(120))
    private var lastToken: UInt64 = 0

    /// A way that begins with no link.
    init(
        connection: MQTTConnection, broker: String, session: any UplinkSession,
        rules: ForwardingRules, now: Instant
    ) {
        self.connection = connection
        self.broker = broker
        self.session = session
        self.rules = rules
        window = DeliveryWindow(limit: rules.window)
        order = SendingOrder(rules: rules.backlog, now: now)
    }

    mutating func connect(_ link: Link, _ journal: ReadingJournal) {
        self.link = link
        window = DeliveryWindow(limit: min(rules.window, link.window))
        begin(journal)
    }

    mutating func disconnect() {
        link = nil
        window.reset()
        beginnings += 1
    }

    /// Sends everything that is not settled, over the present link.
    mutating func beginAgain(_ journal: ReadingJournal) {
        window.reset()
        begin(journal)
    }

    private mutating func begin(_ journal: ReadingJournal) {
        order.restart(journal, rules.backlog)
        beginnings += 1
    }

    mutating func newToken() -> PublishToken {
        lastToken += 1
        return PublishToken(lastToken)
    }

    /// What is to be sent next, and the stream it is of.
    mutating func nextBatch(
        _ journal: ReadingJournal, now: Instant
    ) -> (stream: Int, batch: OutboundBatch)? {
        guard canSend(now: now) else { return nil }
        return order.next(journal, maximumReadings: rules.batchReadings, now: now)
    }

    /// A message with `count` more readings of a stream, up to `end`, is on its way.
    mutating func send(_ token: PublishToken, of stream: Int, through end: Position, count: Int) {
        window.send(token, order.advance(stream, through: end, count: count))
    }

    mutating func acknowledge(_ token: PublishToken) -> Delivery? {
        let delivery = window.acknowledge(token)
        if delivery != nil { refusals.succeed() }
        return delivery
    }

    /// The broker has refused a message: everything unacknowledged is sent again, later.
    mutating func refuse(_ journal: ReadingJournal, now: Instant) -> Instant {
        beginAgain(journal)
        let until = now + max(.seconds(1), refusals.next())
        holdUntil = until
        return until
    }

    /// Whether there may be something to send, and a way for it.
    mutating func hasWork(_ journal: ReadingJournal, now: Instant) -> Bool {
        canSend(now: now) && order.hasMore(journal)
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
