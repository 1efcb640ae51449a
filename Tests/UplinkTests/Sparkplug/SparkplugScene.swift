import SwiftProtobuf
import Telemetry
import Testing

@testable import Uplink

typealias Payload = Org_Eclipse_Tahu_Protobuf_Payload

/// A cabinet with a meter and a street of contacts, as an edge node; what it sends is read by
/// SwiftProtobuf and judged by `SparkplugObserver`. Its boot clock shows 100 s when the wall clock
/// shows 2026-11-15.
struct SparkplugScene {
    static let boot = BootID(high: 7, low: 7)
    static let wall: Int64 = 1_794_700_800_000

    let points = PointTable()
    var session: SparkplugSession
    var observer: SparkplugObserver
    var roster: [Presence.RosterPoint] = []
    var latest = LatestReadings()
    var batch = ReadingBatch()
    var anchor = ClockAnchor(
        boot: boot, instant: instant(100),
        wall: WallTime(nanosecondsSince1970: wall * 1_000_000), quality: .synchronized)
    var epoch = Epoch(journal: 0xABC, number: 1)
    var now = instant(110)
    var connect: UInt64 = 1
    var byteLimit = EncodingContext.defaultByteLimit
    var messageLimit = 20
    private var firstSequence: UInt64 = 0

    init(
        _ options: SparkplugOptions? = nil, gateway: String = "cabinet-17",
        epoch: Epoch = Epoch(journal: 0xABC, number: 1), empty: Bool = false
    ) throws {
        let options = try options ?? SparkplugOptions(group: SparkplugID(text: "city"))
        session = SparkplugSession(
            options: options, gateway: gateway, points: points, version: "1.2.3", epoch: epoch)
        observer = SparkplugObserver(
            group: options.group.text, node: options.node?.text ?? gateway)
        self.epoch = epoch
        guard !empty else { return }
        try list("meter", "voltage", "V")
        try list("meter", "energy", "kWh")
        try list("street", "door", isCommandable: true)
        try list("street", "state", isCommandable: true)
    }

    static func instant(_ seconds: Double) -> Instant {
        Instant(nanoseconds: Int64((seconds * 1e9).rounded()))
    }

    /// Milliseconds since 1970 at an instant of the boot.
    static func milliseconds(_ seconds: Double) -> UInt64 {
        UInt64(wall + Int64(((seconds - 100) * 1000).rounded()))
    }

    func point(_ device: String, _ name: String, _ unit: String = "") throws -> PointID {
        let listed = roster.first { $0.point.device == device && $0.point.name == name }
        let point = Point(device: device, name: name, unit: Unit(unchecked: unit))
        if unit.isEmpty, let listed { return listed.id }
        return try #require(points.intern(point))
    }

    /// Adds a point to the configuration.
    mutating func list(
        _ device: String, _ name: String, _ unit: String = "", isCommandable: Bool = false
    ) throws {
        let point = Point(device: device, name: name, unit: Unit(unchecked: unit))
        roster.append(
            Presence.RosterPoint(
                id: try #require(points.intern(point)), point: point, isCommandable: isCommandable))
    }

    /// Adds a reading to the next batch.
    mutating func read(
        _ value: Value?, _ device: String = "meter", _ name: String = "voltage",
        _ unit: String = "", quality: Quality = .good, at seconds: Double = 105
    ) throws {
        batch.append(
            point: try point(device, name, unit), value: value, quality: quality,
            at: Self.instant(seconds))
    }

    /// One good reading of each point of the configuration.
    mutating func readAll(at seconds: Double = 105) throws {
        try read(.double(230.5), at: seconds)
        try read(.double(17), "meter", "energy", at: seconds)
        try read(.bool(true), "street", "door", at: seconds)
        try read(.string("shut"), "street", "state", at: seconds)
    }

    /// What the platform hears at a new link, or when it asks again.
    @discardableResult
    mutating func births(quietly: Bool = false) throws -> [Heard] {
        var presence = Presence(
            epoch: epoch, protocolVersion: .v5, connect: connect, clock: anchor, roster: roster,
            latest: latest)
        presence.clock = ClockAnchor(
            boot: anchor.boot, instant: now, wall: anchor.wallTime(at: now),
            quality: anchor.quality)
        return try hear(session.births(presence))
    }

    /// Sends the batch as the forwarder does, part by part.
    @discardableResult
    mutating func send(isBacklog: Bool = false) throws -> [Heard] {
        defer { batch = ReadingBatch() }
        return try send(.readings(batch), isBacklog: isBacklog)
    }

    mutating func send(
        _ content: OutboundBatch.Content, isBacklog: Bool = false
    ) throws -> [Heard] {
        let outbound = OutboundBatch(
            epoch: epoch, firstSequence: firstSequence, content: content, anchor: anchor)
        if case .readings(let readings) = content, !isBacklog { latest.update(readings) }
        firstSequence += outbound.count
        var (heard, offset) = ([Heard](), 0)
        while let part = session.encode(outbound, from: offset, in: context(isBacklog)) {
            try #require(part.items > 0)
            let data = part.messages.filter { !$0.topic.hasPrefix("armadio/") }
            parts.append((data.count, part.items))
            heard += try hear(part.messages)
            offset += part.items
        }
        #expect(offset == outbound.items)
        return heard
    }

    /// Of each part so far: how many messages, without the fence, and how many items.
    var parts: [(messages: Int, items: Int)] = []

    func context(_ isBacklog: Bool = false) -> EncodingContext {
        EncodingContext(
            protocolVersion: .v5, now: now, boot: Self.boot, byteLimit: byteLimit,
            messageLimit: messageLimit, isBacklog: isBacklog)
    }

    /// What the platform makes of messages.
    mutating func hear(_ messages: [OutboundMessage]) throws -> [Heard] {
        try messages.map { try observer.hear($0) }
    }

    /// A message of the platform.
    func inbound(
        _ topic: String, _ payload: [UInt8], isRetained: Bool = false
    ) -> InboundMessage {
        InboundMessage(
            topic: topic, payload: payload, isRetained: isRetained, userProperties: [],
            contentType: nil)
    }

    /// A command of the platform.
    mutating func command(
        _ topic: String, _ metrics: [Payload.Metric], uuid: String? = nil
    ) throws -> [SessionRequest] {
        var payload = Payload()
        payload.timestamp = Self.milliseconds(110)
        payload.metrics = metrics
        if let uuid { payload.uuid = uuid }
        return session.receive(inbound(topic, try payload.serializedBytes()))
    }
}

extension Payload.Metric {
    /// A metric of a command.
    static func named(_ name: String, _ value: OneOf_Value? = nil) -> Payload.Metric {
        var metric = Payload.Metric()
        metric.name = name
        metric.value = value
        return metric
    }

    /// What a property says; nil if there is none of this name.
    func property(_ name: String) -> Payload.PropertyValue? {
        properties.keys.firstIndex(of: name).map { properties.values[$0] }
    }

    /// The code of the property `Quality`; nil without one.
    var quality: UInt32? { property("Quality")?.intValue }
}

extension [Heard] {
    /// The messages of a kind, as `DDATA`.
    func of(_ kind: String) -> [Heard] { filter { $0.kind == kind } }

    /// The metrics of all messages of a kind.
    func metrics(_ kind: String) -> [Payload.Metric] { of(kind).flatMap(\.payload.metrics) }
}
