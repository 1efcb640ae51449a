import Telemetry

/// Sparkplug B 3.0: the gateway as an edge node, its devices as the node's devices.
///
/// - Births name each point of the configuration, with alias, datatype, value, `Quality` and
///   `engUnit`. The datatype of a point that was never read is a guess; a reading of another kind,
///   or of a point that the configuration does not have (an earlier one left it in the journal),
///   has a new birth of its device in front of it.
/// - Data have the alias, value and time. `Quality` (192 good, 0 bad, 500 stale) is there when
///   it is not good, and once when it is good again (section 6.4.19 has it so); a bad reading is
///   null and says why in the property `Reason`.
/// - Readings of an outage, and those that come behind newer ones of their point, are historical.
/// - A device of which nothing is heard has its DDEATH, and its DBIRTH when it is back.
///   Meanwhile its readings without an answer are not sent: the death says the same.
/// - No data message is acknowledged. Behind the data of a batch goes one message of QoS 1 to
///   `armadio/{gateway}/fence`: when the broker has acknowledged it, it has read what went before
///   over the same link. It names the readings: epoch, first number, count.
/// - `bdSeq` counts the CONNECTs of a process. Where it begins is spread by the golden ratio
///   over the journal's epochs, so that the first CONNECT of a process does not have the number of
///   the last one before it, whose will may still be on its way; it is 0 for a new journal.
public struct SparkplugSession: UplinkSession {
    /// The aliases of the node's own metrics. `Node Control/Rebirth` has none (section 6.4.7).
    enum NodeAlias {
        static let bdSeq: UInt32 = 1
        static let software: UInt32 = 2
        static let version: UInt32 = 3
        static let epoch: UInt32 = 4
        static let clock: UInt32 = 5
        static let gap: UInt32 = 6
    }

    /// The name of the metric by which hosts ask for births.
    static let rebirth = "Node Control/Rebirth"

    let options: SparkplugOptions
    let topics: SparkplugTopics
    private let version: String
    /// `bdSeq` of CONNECT number 0.
    private let origin: UInt64
    var register: SparkplugRegister
    var plan = SparkplugPlan()
    var payload = SparkplugPayload()
    private var host: SparkplugHost?
    /// The CONNECT of the link that has births; nil while there is none.
    private var connect: UInt64?
    /// What the clocks of the present boot show.
    var clock: ClockAnchor?
    private var seq: UInt8 = 0

    /// A session for a gateway.
    ///
    /// - Parameters:
    ///   - options: Group, node and so on.
    ///   - gateway: The gateway's name: the node's, unless the options have another.
    ///   - points: The table that the batches' point ids belong to.
    ///   - version: The gateway's version, told at each birth.
    ///   - epoch: The journal's present epoch, of readings that are not urgent.
    public init(
        options: SparkplugOptions, gateway: String, points: PointTable, version: String,
        epoch: Epoch
    ) {
        self.options = options
        self.version = version
        topics = SparkplugTopics(
            group: options.group, node: options.node ?? SparkplugID(mending: gateway),
            host: options.primaryHost, gateway: gateway)
        // Each start takes two epochs. 157 is 256 over the golden ratio, made odd: the starts before
        // lie 157, 58, 215, 116, 17 ... numbers back.
        origin = UInt64(max(1, epoch.number) - 1) / 2 &* 157 &- 1
        register = SparkplugRegister(table: points, topics: topics)
        host = options.primaryHost.map { _ in SparkplugHost() }
    }

    /// The sequence number of the next message.
    mutating func nextSeq() -> UInt8 {
        defer { seq &+= 1 }
        return seq
    }

    // MARK: Births and deaths

    public mutating func births(_ presence: Presence) -> [OutboundMessage] {
        clock = presence.clock
        connect = presence.connect
        seq = 0
        register.reset(presence)
        plan = SparkplugPlan()
        let now = presence.clock.instant
        var messages = [nodeBirth(presence)]
        for device in register.devices.indices { messages.append(birth(of: device, at: now)) }
        for device in register.devices.indices where register.devices[device].isLost {
            messages.append(death(of: device, at: now))
        }
        return messages
    }

    public func will(connect: UInt64) -> OutboundMessage? {
        death(connect: connect)
    }

    /// A lost link and a wanted end say the same. Nil on a link without births.
    public mutating func farewell() -> OutboundMessage? {
        defer { connect = nil }
        return connect.map(death)
    }

    public mutating func linkIsDown() {
        connect = nil
        host?.forget()
    }

    private func bdSeq(_ connect: UInt64) -> UInt64 { (origin &+ connect) & 0xFF }

    private func death(connect: UInt64) -> OutboundMessage {
        var payload = SparkplugPayload()
        payload.begin(timestamp: nil)
        payload.metric(
            name: "bdSeq", timestamp: nil, datatype: .int64, .long(bdSeq(connect)))
        return OutboundMessage(topic: topics.nodeDeath, payload: payload.end(seq: nil))
    }

    private mutating func nodeBirth(_ presence: Presence) -> OutboundMessage {
        let time = SparkplugTime(presence.clock)
        let (now, sent) = (
            time.milliseconds(of: presence.clock.instant), time.sending(at: presence.clock.instant)
        )
        payload.begin(timestamp: sent)
        payload.metric(
            name: "bdSeq", alias: NodeAlias.bdSeq, timestamp: now, datatype: .int64,
            .long(bdSeq(presence.connect)))
        payload.metric(
            name: Self.rebirth, timestamp: now, datatype: .boolean, .boolean(false))
        let texts: [(String, UInt32, String)] = [
            ("Properties/Software", NodeAlias.software, "Armadio"),
            ("Properties/Version", NodeAlias.version, version),
            ("Properties/Epoch", NodeAlias.epoch, presence.epoch.description),
            ("Properties/Clock", NodeAlias.clock, presence.clock.quality.name),
        ]
        for (name, alias, text) in texts {
            payload.metric(
                name: name, alias: alias, timestamp: now, datatype: .string, .string(text))
        }
        payload.metric(
            name: "Journal/Gap", alias: NodeAlias.gap, timestamp: now, datatype: .uint64, .null)
        return end(topics.nodeBirth, timestamp: sent)
    }

    /// Ends the payload that is being written, as a message of QoS 0.
    mutating func end(_ topic: String, timestamp: UInt64) -> OutboundMessage {
        let bytes = payload.end(
            seq: nextSeq(), compression: options.compression, timestamp: timestamp)
        return OutboundMessage(topic: topic, payload: bytes, qos: .atMostOnce)
    }

    // MARK: What the platform says

    public var subscriptions: [String] {
        [topics.nodeCommand, topics.deviceCommands] + (topics.hostState.map { [$0] } ?? [])
    }

    public var isAwaited: Bool { host?.isOnline ?? true }

    public mutating func receive(_ message: InboundMessage) -> [SessionRequest] {
        do throws(SparkplugFlaw) {
            if message.topic == topics.hostState { return try hear(message) }
            if message.topic == topics.nodeCommand {
                return try nodeRequests(SparkplugCommand(message))
            }
            if let device = topics.device(commandedBy: message.topic) {
                return try deviceRequests(SparkplugCommand(message), device)
            }
            return []
        } catch {
            return [.flaw("\(message.topic): \(error)")]
        }
    }

    private mutating func hear(_ message: InboundMessage) throws(SparkplugFlaw) -> [SessionRequest]
    {
        guard let change = try host?.hear(message.payload) else { return [] }
        switch change {
        case .came: return [.birth]
        case .left where connect != nil || options.hasOtherBrokers:
            return [.leave(reason: "the primary host is offline")]
        case .left, .none: return []
        }
    }
}
