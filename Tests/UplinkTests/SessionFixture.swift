import JSON
import Telemetry
import Testing

@testable import Uplink

/// Batches of a small cabinet, for any session. Its boot clock shows 100 s when the wall clock
/// shows 1800000000 s.
struct SessionFixture {
    static let boot = BootID(high: 7, low: 7)

    let points = PointTable()
    var batch = ReadingBatch()
    var anchor = ClockAnchor(
        boot: boot, instant: Instant(nanoseconds: 100_000_000_000),
        wall: WallTime(nanosecondsSince1970: 1_800_000_000_000_000_000), quality: .synchronized)
    var context = EncodingContext(
        protocolVersion: .v5, now: Instant(nanoseconds: 200_000_000_000), boot: boot)

    /// Adds a reading, `seconds` after the anchor.
    @discardableResult
    mutating func add(
        _ value: Value?, _ path: String = "meter/voltage", _ unit: String = "V",
        quality: Quality = .good, after seconds: Double = 0
    ) throws -> PointID {
        let names = path.split(separator: "/").map(String.init)
        let point = Point(device: names[0], name: names[1], unit: Unit(unchecked: unit))
        guard let id = points.intern(point) else { throw SenMLFixture.Failure.tableFull }
        batch.append(
            point: id, value: value, quality: quality, at: SenMLFixture.instant(100 + seconds))
        return id
    }

    /// What is on its way out: the readings so far, which are then forgotten.
    mutating func take(from sequence: UInt64 = 0) -> OutboundBatch {
        defer { batch = ReadingBatch() }
        return OutboundBatch(
            epoch: Epoch(journal: 0xABC, number: 3), firstSequence: sequence,
            content: .readings(batch), anchor: anchor)
    }

    /// Who is there, with these points.
    func presence(commandable: Set<String> = [], latest: Bool = false) -> Presence {
        var presence = Presence.of(SenMLFixture.epoch)
        for index in 0..<200 {
            let id = PointID(index: UInt32(index))
            guard let point = points[id] else { break }
            presence.roster.append(
                .init(id: id, point: point, isCommandable: commandable.contains(point.path)))
        }
        if latest { presence.latest.update(batch) }
        return presence
    }
}

extension OutboundMessage {
    /// The payload as text.
    var text: String { String(decoding: payload, as: UTF8.self) }

    /// The payload as JSON.
    func json() throws(JSONFlaw) -> JSONValue { try JSONReader.read(payload) }
}

extension JSONValue {
    /// What lies on a way through objects.
    subscript(_ names: String...) -> JSONValue? {
        var value: JSONValue? = self
        for name in names {
            guard case .object(let object) = value else { return nil }
            value = object[name]
        }
        return value
    }
}

extension UplinkSession {
    /// What it makes of a batch, which it takes something of.
    mutating func encoded(
        _ batch: OutboundBatch, from offset: Int, in context: EncodingContext
    ) throws -> EncodedBatch {
        let encoded = encode(batch, from: offset, in: context)
        return try #require(encoded)
    }
}
