import Journal
import Platform
import Telemetry
import Uplink

/// The way to one platform: its connection, its language and what is on its way there. Owned by
/// the forwarder, on its thread.
final class UplinkLane {
    /// The most messages beside readings (births, answers to commands) that wait for a link's
    /// window; what comes then is left out.
    static let outboxLimit = 64

    /// The shortest wait for the backlog's limit: a disk that is unreadable is not asked all the time.
    static let shortestWake = Duration.milliseconds(10)

    /// The least time between two births that a platform asks for.
    static let birthPause: Duration = .seconds(1)

    /// The uplink's name in the configuration.
    let name: String
    let connection: MQTTConnection
    let rules: ForwardingRules
    let meter: LinkMeter
    let filter: PointFilter
    /// Which points the platform may set.
    let commands: PointFilter
    /// The topics by which the platform changes the configuration; nil if it may not.
    let configuration: ConfigurationTopics?
    private let pulse: Liveness.Pulse?
    var session: any UplinkSession
    /// Its cursor in the journal.
    private(set) var outlet: Outlet
    /// The present link; nil while there is none.
    private(set) var link: Link?
    /// What is to be published before more readings are: births, answers.
    private(set) var outbox: [(token: PublishToken, messages: [OutboundMessage])] = []
    /// The births that are not answered yet: readings wait for them.
    var birth: PublishToken?
    private(set) var window: DeliveryWindow<PublishToken>
    private(set) var platform = PlatformWindow()
    /// What is sent next over the present link.
    private var order: SendingOrder
    private var refusals = RefusalPolicy()
    private(set) var setAside: [SetAside] = []
    /// Whether the list of what is set aside may be another than the one that is shown.
    var isSetAsideNews = false
    /// Counts how often sending has begun anew.
    private(set) var beginnings = 0
    /// Nothing is sent before this instant: the broker takes nothing.
    private(set) var holdUntil: Instant?
    /// The link is about to be given up for a broker that is back: nothing is sent over it.
    var isLeaving = false
    /// Bounds a payload after the broker has found one too large.
    private var largest = Int.max
    private var lastToken: UInt64 = 0
    var isPumping = false
    /// When births went out on this link, and whether they were asked for again too soon after.
    var announced: Instant?
    var isBirthDue = false
    /// Whether sending goes on by itself when the backlog's limit lets it.
    var isWaking = false

    /// What a way is made of.
    struct Parts: Sendable {
        var name: String
        var connection: MQTTConnection
        var session: any UplinkSession
        var rules: ForwardingRules
        var meter: LinkMeter
        var filter = PointFilter.all
        var commands = PointFilter.none
        var configuration: ConfigurationTopics?
        /// What the connection promises to be alive by.
        var pulse: Liveness.Pulse?
    }

    /// A way that begins with no link.
    init(_ parts: Parts, now: Instant) {
        name = parts.name
        connection = parts.connection
        session = parts.session
        rules = parts.rules
        meter = parts.meter
        filter = parts.filter
        commands = parts.commands
        configuration = parts.configuration
        pulse = parts.pulse
        outlet = .first
        window = DeliveryWindow(limit: rules.window)
        order = SendingOrder(outlet: .first, rules: rules.backlog, now: now)
    }

    // MARK: The link

    func connect(_ link: Link) {
        self.link = link
        isLeaving = false
        window = DeliveryWindow(limit: min(rules.window, link.window))
        largest = .max
        outbox = []
    }

    func disconnect() {
        link = nil
        (announced, isBirthDue) = (nil, false)
        session.linkIsDown()
        birth = nil
        outbox = []
        window.reset()
        platform.reset()
        beginnings += 1
    }

    /// Takes another cursor, if it is another.
    func take(_ outlet: Outlet, _ journal: ReadingJournal, now: Instant) {
        guard outlet != self.outlet else { return }
        self.outlet = outlet
        order = SendingOrder(outlet: outlet, rules: rules.backlog, now: now)
        if link != nil { beginAgain(journal) }
    }

    /// Sends everything that is not settled, over the present link.
    func beginAgain(_ journal: ReadingJournal) {
        window.reset()
        platform.reset()
        setAside = []
        isSetAsideNews = true
        order.restart(journal, rules.backlog)
        beginnings += 1
    }

    /// Ends the connection for good, with a farewell.
    func stop(within limit: Duration, because reason: FarewellReason = .stop) async {
        await connection.stop(farewell: session.farewell(because: reason), within: limit)
        pulse?.end()
    }

    // MARK: Sending

    func newToken() -> PublishToken {
        lastToken += 1
        return PublishToken(lastToken)
    }

    /// Whether readings may go out: there is a link with room, and the platform knows who sends.
    func canSend(now: Instant) -> Bool {
        if let until = holdUntil {
            guard until <= now else { return false }
            holdUntil = nil
        }
        return link != nil && !isLeaving && birth == nil && outbox.isEmpty && !window.isFull
            && !platform.isFull && session.isAwaited
    }

    /// Whether there may be something to send, and a way for it.
    func hasWork(_ journal: ReadingJournal, now: Instant) -> Bool {
        link != nil && !outbox.isEmpty
            || canSend(now: now) && order.hasMore(journal, now: now)
    }

    /// What is to be sent next, and the stream it is of.
    func nextBatch(
        _ journal: ReadingJournal, now: Instant
    ) -> (stream: SendingOrder.Stream, batch: OutboundBatch)? {
        guard canSend(now: now) else { return nil }
        return order.next(journal, maximumReadings: rules.batchReadings, now: now)
    }

    /// When the backlog's limit lets it go on; nil if it does not wait for that.
    func backlogDue(_ journal: ReadingJournal, now: Instant) -> Instant? {
        guard canSend(now: now) else { return nil }
        let due = order.backlogDue(journal, maximumReadings: rules.batchReadings, now: now)
        return due.map { max($0, now + Self.shortestWake) }
    }

    /// The longest payload now.
    func byteLimit(of link: Link) -> Int {
        min(largest, link.payloadLimit(rules.batchBytes))
    }

    /// Items of a batch, up to `end`, go with this token; without one, they need no message. What
    /// they are.
    func send(
        _ token: PublishToken?, of stream: SendingOrder.Stream, through end: Position,
        _ encoded: EncodedBatch
    ) -> Delivery {
        let range = order.advance(stream, through: end, count: encoded.items)
        let delivery = Delivery(
            priority: stream.priority, range: range, items: encoded.items,
            bytes: encoded.messages.map(\.payload.count).max() ?? 0,
            isBacklog: stream.isBacklog, refusals: stream.refusals)
        if let token { window.send(token, delivery) }
        return delivery
    }

    /// Puts messages in line that are no readings. False if there are too many.
    @discardableResult
    func post(_ messages: [OutboundMessage], as token: PublishToken? = nil) -> Bool {
        guard link != nil, outbox.count < Self.outboxLimit else { return false }
        outbox.append((token ?? newToken(), messages))
        return true
    }

    /// Births are put in line; readings wait until they are answered.
    func post(births: [OutboundMessage]) {
        let token = newToken()
        if post(births, as: token) { birth = token }
    }

    /// The first in line is on its way.
    func shift() { outbox.removeFirst() }

    // MARK: Answers

    /// A message has arrived. What it carried, if that may be settled now.
    func acknowledge(_ token: PublishToken, now: Instant) -> Delivery? {
        guard let delivery = window.answer(token) else { return nil }
        refusals.taken()
        guard rules.acknowledgement == .platform else { return delivery }
        platform.publish(delivery, now: now)
        return nil
    }

    /// The platform has said what it has.
    ///
    /// - Returns: How many items it has said that of.
    func commit(now: Instant, isCommitted: (Delivery) -> Bool) -> Int {
        let before = platform.waiting.reduce(0) { $0 + $1.items }
        platform.commit(now: now, isCommitted: isCommitted)
        return before - platform.waiting.reduce(0) { $0 + $1.items }
    }

    /// Whether the platform has said nothing for so long that all is sent again.
    func isOverdue(now: Instant) -> Bool { platform.isOverdue(now: now) }

    /// The broker has refused a message. What is done; nil if it carried no readings.
    func refuse(
        _ token: PublishToken, _ reason: ReasonCode, now: Instant
    ) -> (delivery: Delivery, verdict: RefusalPolicy.Verdict)? {
        guard let delivery = window.answer(token) else { return nil }
        let verdict = refusals.refuse(
            delivery, reason, retries: order.retries, setAside: setAside.count,
            isHolding: holdUntil.map { $0 > now } ?? false)
        switch verdict {
        case .hold(let wait):
            holdUntil = max(holdUntil ?? now, now + wait)
            order.retry(delivery, refusals: delivery.refusals)
        case .again(let pause):
            order.retry(delivery, refusals: delivery.refusals + 1, notBefore: now + pause)
        case .split(let items):
            largest = max(1024, delivery.bytes / 2)
            order.retry(delivery, refusals: delivery.refusals, itemLimit: items)
        case .setAside:
            isSetAsideNews = true
            setAside.append(
                SetAside(
                    delivery: delivery, reason: reason, again: now + RefusalPolicy.setAsideFor))
        }
        return (delivery, verdict)
    }

    /// Takes up again what was set aside long enough ago.
    func retrySetAside(now: Instant) {
        let due = setAside.filter { $0.again <= now }
        guard !due.isEmpty else { return }
        isSetAsideNews = true
        setAside.removeAll { $0.again <= now }
        for part in due { order.retry(part.delivery, refusals: RefusalPolicy.tries - 1) }
    }
}
