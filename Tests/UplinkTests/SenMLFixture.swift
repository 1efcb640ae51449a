import Telemetry
import TestSupport

@testable import Uplink

/// A small cabinet whose readings tests turn into SenML. Its boot clock shows 100 s when the wall
/// clock shows 1700000000 s.
struct SenMLFixture {
    static let boot = BootID(high: 7, low: 7)
    static let epoch = Epoch(journal: 0xABC, number: 3)
    static let start = instant(100)

    let points = PointTable()
    var batch = ReadingBatch()
    let session: SenMLSession
    /// How the cabinet's clocks stand to each other.
    var anchor = ClockAnchor(
        boot: boot, instant: start, wall: WallTime(nanosecondsSince1970: 1_700_000_000_000_000_000),
        quality: .synchronized)
    var firstSequence: UInt64 = 40
    var protocolVersion = ProtocolVersion.v5
    var byteLimit = EncodingContext.defaultByteLimit

    init(gateway: String = "cabinet-17", options: SenMLOptions = SenMLOptions()) {
        session = SenMLSession(
            gateway: gateway, points: points, version: "1.2.3", options: options)
    }

    /// An instant so many seconds after the boot.
    static func instant(_ seconds: Double) -> Instant {
        Instant(nanoseconds: Int64((seconds * 1e9).rounded()))
    }

    /// Adds a reading, `seconds` after the fixture's start.
    mutating func add(
        _ value: Value?, _ device: String = "meter", _ name: String = "voltage",
        _ unit: String = "V", quality: Quality = .good, after seconds: Double = 0
    ) throws {
        let point = Point(device: device, name: name, unit: Unit(unchecked: unit))
        guard let id = points.intern(point) else { throw Failure.tableFull }
        batch.append(
            point: id, value: value, quality: quality, at: Self.instant(100 + seconds))
    }

    /// What is on its way out: the readings, unless something else is given.
    func outbound(_ content: OutboundBatch.Content? = nil) -> OutboundBatch {
        OutboundBatch(
            epoch: Self.epoch, firstSequence: firstSequence, content: content ?? .readings(batch),
            anchor: anchor)
    }

    /// Encodes from `offset` on, at 110 s of `boot`.
    func encode(
        _ content: OutboundBatch.Content? = nil, from offset: Int = 0, now: Double = 110,
        boot: BootID = boot
    ) -> EncodedBatch? {
        var session = session
        return session.encode(outbound(content), from: offset, in: context(now: now, boot: boot))
    }

    /// The moment and the link.
    func context(now: Double = 110, boot: BootID = boot) -> EncodingContext {
        EncodingContext(
            protocolVersion: protocolVersion, now: Self.instant(now), boot: boot,
            byteLimit: byteLimit)
    }

    /// All messages of the batch, one behind the other as the forwarder takes them.
    func encodeAll() -> [EncodedBatch] {
        var (parts, offset, session) = ([EncodedBatch](), 0, session)
        while let part = session.encode(outbound(), from: offset, in: context()), part.items > 0 {
            parts.append(part)
            offset += part.items
        }
        return parts
    }

    enum Failure: Error { case tableFull }
}

extension EncodedBatch {
    /// Its only message.
    var message: OutboundMessage { messages[0] }

    /// The payload as text.
    var text: String { String(decoding: message.payload, as: UTF8.self) }

    /// The user properties, `name=value` each.
    var properties: [String] { message.userProperties.map { "\($0.name)=\($0.value)" } }
}

extension Presence {
    /// Nobody but the gateway itself.
    static func of(_ epoch: Epoch) -> Presence {
        Presence(
            epoch: epoch, protocolVersion: .v5, connect: 1,
            clock: ClockAnchor(
                boot: SenMLFixture.boot, instant: SenMLFixture.start,
                wall: WallTime(nanosecondsSince1970: 1_700_000_000_000_000_000),
                quality: .synchronized))
    }
}
