import Glibc
import Platform
import Synchronization
import Telemetry

/// One connection to one broker at a time, on a thread of its own. It reconnects by itself, goes to
/// the next broker when one cannot be reached, and back when the first is there again. It keeps
/// nothing: what was not settled when the link went down, the caller publishes again.
public actor MQTTConnection {
    /// The most messages that wait for the consumer of `messages`.
    public static let inboundLimit = 256
    /// The longest payload taken in, in bytes. Longer messages are dropped and counted.
    public static let inboundByteLimit = 64 * 1024
    /// The most topic filters of one connection: ours need a handful.
    public static let subscriptionLimit = 16
    /// The bounds of the delay before a reconnect, between which it doubles.
    public static let shortestBackoff = Duration.seconds(1)
    /// The largest bound: a thousand cabinets come back within five minutes, evenly spread.
    public static let longestBackoff = Duration.seconds(300)
    /// After so many tries in a row that a broker has closed without an answer, another version of
    /// MQTT is tried.
    static let unansweredTries = 2
    /// A link that lasted this long counts as a success for the backoff. Receipts do not: a
    /// broker that throws the client out behind its first message, or a second client with the
    /// same id, would have it back twice a second.
    static let stableAfter = Duration.seconds(10)
    /// How long a try to connect may keep the thread: the system's resolver blocks. It asks three
    /// servers twice, 5 s each (resolv.conf(5)), for the name and for its forms in six search
    /// domains; and a try asks it twice.
    public static let longestLookup = Duration.seconds(480)
    /// How long what is outstanding may take before the link is left for a broker that is back.
    static let leavingLimit = Duration.seconds(5)

    /// What happens on the connection. For one consumer. The stream itself has no limit; what
    /// can stand in it is bounded by the window (one receipt for each outstanding publish) and
    /// by the pace of reconnects (two events a try).
    public nonisolated let events: AsyncStream<ConnectionEvent>

    /// Messages of the topics subscribed to. For one consumer. If it does not keep up, at most
    /// `inboundLimit` wait and what comes then is dropped and counted.
    public nonisolated let messages: AsyncStream<InboundMessage>

    /// How many messages were dropped: longer than `inboundByteLimit`, or the consumer of
    /// `messages` did not keep up.
    public internal(set) var droppedMessages: UInt64 = 0

    /// What the connection has carried.
    public nonisolated var statistics: LinkStatistics { counts.withLock { $0 } }

    /// One message that was sent and is not acknowledged; without acknowledgement, not written.
    struct Outstanding {
        var packet: Int32
        /// Nil for the connection's own farewell.
        var token: PublishToken?
        var sent: Instant
        /// Whether the broker answers it, and its receive maximum counts it.
        var isAnswered: Bool
    }

    /// Messages that were published together, as far as they are not answered.
    struct Group {
        var left: Int
        var refusal: ReasonCode?
    }

    /// An attempt to connect, and the connection it becomes.
    struct Session {
        var client: MosquittoClient
        var began: Instant
        var isTCPUp = false
        var link: Link?
        /// When the library looks at its keep-alive next, which it does only when it is called.
        var nextTick: Instant
        var tickInterval: Duration
        var outstanding: [Outstanding] = []
        var groups: [PublishToken: Group] = [:]
        var subscribing: [Int32: String] = [:]
        /// When the brokers before this one are looked at.
        var nextLook: Instant?
        var leaving: Leaving?
        var wire = WireBytes()
    }

    /// The link is given up for another broker when nothing is outstanding.
    struct Leaving {
        var deadline: Instant
        var broker: Int
    }

    enum State {
        case idle
        case waiting(until: Instant)
        case running(Session)
        case stopped
    }

    struct Stopper {
        var deadline: Instant
        var continuation: CheckedContinuation<Void, Never>
    }

    nonisolated let executor: ThreadExecutor
    /// The brokers, each with its own settings; at least one.
    nonisolated let brokers: [BrokerSettings]
    nonisolated let will: @Sendable (UInt64) -> OutboundMessage?
    nonisolated let window: Int
    nonisolated let clock = SystemClock()
    nonisolated let counts = Mutex(LinkStatistics())
    nonisolated let promise: @Sendable (Instant) -> Void
    let eventSink: AsyncStream<ConnectionEvent>.Continuation
    let messageSink: AsyncStream<InboundMessage>.Continuation

    var state = State.idle
    /// Which of the brokers is tried or spoken to.
    var broker = 0
    /// The versions spoken with the brokers.
    var versions: [ProtocolVersion]
    /// How often in a row each broker has closed the connection in place of an answer to CONNECT.
    var unanswered: [Int]
    /// How the brokers before this one failed, since they were last told of.
    var failures: [ConnectionFailure] = []
    /// A certificate was not valid yet: a clock that is set may be all that is wanted.
    var isWaitingForClock = false
    /// Looks whether a broker is back.
    var look: Task<Void, Never>?
    var backoff = Backoff(first: shortestBackoff, longest: longestBackoff)
    /// The address families not tried yet in this try, as the addresses to bind to.
    var bindings: [String?] = []
    var linkNumber: UInt64 = 0
    /// How many CONNECTs were sent, the present one with them.
    var connects: UInt64 = 0
    var subscriptions: [(filter: String, qos: QualityOfService)] = []
    nonisolated let inbound: InboundRule
    var held = HeldMessages()
    /// The library may have read more than it was asked for.
    var hasMore = false
    var isStopping = false
    var stopper: Stopper?

    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    /// A connection that is not made before `start`.
    ///
    /// - Parameters:
    ///   - will: What the broker publishes when the connection is lost, by the number of the
    ///     CONNECT, from 1: `Link.connect` of the link that it leads to.
    ///   - window: How many publishes may be unacknowledged, 1 to 1,000; values outside are
    ///     moved to the nearest end. The broker may allow fewer.
    ///   - inbound: What is done with messages that come.
    ///   - promise: Called on the thread before all that may take time: when the thread will be
    ///     back at the latest.
    public init(
        settings: BrokerSettings, will: @escaping @Sendable (UInt64) -> OutboundMessage?,
        window: Int = 20, inbound: InboundRule = InboundRule(),
        promise: @escaping @Sendable (Instant) -> Void = { _ in }
    ) {
        executor = ThreadExecutor(name: "mqtt")
        brokers = settings.endpoints.map { settings.alone($0) }
        self.will = will
        self.promise = promise
        self.inbound = inbound
        self.window = min(1000, max(1, window))
        let version = settings.protocolChoice == .v311 ? ProtocolVersion.v311 : .v5
        versions = Array(repeating: version, count: brokers.count)
        unanswered = Array(repeating: 0, count: brokers.count)
        (events, eventSink) = AsyncStream.makeStream()
        (messages, messageSink) = AsyncStream.makeStream(
            bufferingPolicy: .bufferingOldest(inbound.messages))
    }

    deinit {
        eventSink.finish()
        messageSink.finish()
    }

    /// Connects, and from then on stays connected as far as it can. Only the first call counts.
    public func start() {
        guard case .idle = state, !isStopping else { return }
        state = .waiting(until: clock.now())
        executor.watch(
            interest: { [weak self] in
                self?.assumeIsolated { $0.interest() } ?? ThreadExecutor.Interest(descriptor: -1)
            },
            ready: { [weak self] readiness in self?.assumeIsolated { $0.advance(readiness) } })
    }

    /// The certificates that the broker of the present link has shown, its own first, in DER
    /// (RFC 5280); none without TLS.
    public var brokerCertificates: [[UInt8]] {
        guard case .running(let session) = state else { return [] }
        return session.client.certificates
    }

    /// Publishes messages over the link named, in this order, without waiting for anything. They
    /// are settled when each of them is, and refused when one of them is.
    ///
    /// A message the library does not take (larger than the broker's packets, a topic that is
    /// not UTF-8) is `.sent` and at once `.refused`. The window bounds the calls that are not
    /// settled, which bounds what waits in memory, and the messages that are not acknowledged,
    /// as the broker's receive maximum does (those that ask for no receipt are not counted). More
    /// than that go only while nothing else is outstanding.
    public func publish(
        _ messages: [OutboundMessage], as token: PublishToken, over link: Link
    ) -> PublishResult {
        guard !isStopping, case .running(var session) = state, session.link == link else {
            return .notConnected
        }
        guard session.leaving == nil else { return .windowFull }
        let open = session.outstanding.count { $0.isAnswered }
        let asked = messages.count { $0.qos == .atLeastOnce }
        let limit = max(link.window, 1)
        guard
            session.outstanding.isEmpty
                || session.groups.count < limit && open + asked <= limit
        else { return .windowFull }
        guard !messages.isEmpty else {
            eventSink.yield(.settled(token))
            return .sent
        }
        session.groups[token] = Group(left: messages.count)
        state = .running(session)
        for message in messages { send(message, as: token) }
        return .sent
    }

    /// Drops the present link in an orderly way, with a farewell, and makes another: with the next
    /// broker, where there are several.
    ///
    /// A farewell is of somebody who was there, so the broker has done its part, and the next link
    /// is made soon, however short this one was. Without one, as where a host is missing at each
    /// broker in turn, the pauses grow.
    public func leave(farewell: OutboundMessage?, reason: String) {
        guard case .running(let session) = state, session.link != nil, !isStopping else { return }
        if let farewell {
            send(farewell, as: nil)
            backoff.succeed()
        }
        guard case .running(let session) = state else { return }
        do { try session.client.disconnect(withWill: settings.disconnectsWithWill) } catch {
            return drop(reason)
        }
        drop(reason)
    }

    private func drop(_ reason: String) {
        let next = (broker + 1) % brokers.count
        fail(ConnectionFailure(.stopped, reason))
        broker = next
    }

    /// Subscribes on this link and on every later one.
    ///
    /// - Returns: False if there are `subscriptionLimit` filters already.
    @discardableResult
    public func subscribe(_ topicFilter: String, qos: QualityOfService = .atLeastOnce) -> Bool {
        guard !subscriptions.contains(where: { $0.filter == topicFilter }) else { return true }
        guard subscriptions.count < MQTTConnection.subscriptionLimit else { return false }
        subscriptions.append((topicFilter, qos))
        request(topicFilter, qos)
        return true
    }

    /// Ends the connection for good: takes no more publishes, waits for the receipts of those
    /// outstanding, publishes the farewell and waits for its receipt, disconnects. Waits no
    /// longer than `limit` in all, except for a name being resolved. Then the streams end.
    ///
    /// A farewell that is not acknowledged by then leaves its word to the will.
    public func stop(farewell: OutboundMessage?, within limit: Duration) async {
        guard !isStopping else { return }
        isStopping = true
        let deadline = clock.now() + limit
        if isUp {
            await receipts(by: deadline)
            if let farewell, isUp {
                send(farewell, as: nil)
                await receipts(by: deadline)
            }
        }
        executor.unwatch()
        look?.cancel()
        goodbye()
        promise(.latest)
        eventSink.finish()
        endInbound()
    }

    private var isUp: Bool {
        if case .running(let session) = state { session.link != nil } else { false }
    }

    /// Until nothing is outstanding, the link is down or the deadline has passed.
    private func receipts(by deadline: Instant) async {
        await withCheckedContinuation {
            stopper = Stopper(deadline: deadline, continuation: $0)
            releaseStopper()
        }
    }

    func releaseStopper() {
        guard let stopper else { return }
        if case .running(let session) = state, session.link != nil, !session.outstanding.isEmpty,
            clock.now() < stopper.deadline
        {
            return
        }
        self.stopper = nil
        stopper.continuation.resume()
    }
}
