import Telemetry
import TestSupport

@testable import Uplink

/// A cabinet whose readings tests send by `CompactSession`. Its boot clock shows 100 s when the
/// wall clock shows 1700000000 s.
struct CompactFixture {
    static let boot = BootID(high: 7, low: 7)
    static let epoch = Epoch(journal: 0xABC, number: 4)
    static let start = Instant(nanoseconds: 100_000_000_000)

    let points: PointTable
    var session: CompactSession
    var anchor = ClockAnchor(
        boot: boot, instant: start, wall: WallTime(nanosecondsSince1970: 1_700_000_000_000_000_000),
        quality: .synchronized)
    var context = EncodingContext(
        protocolVersion: .v5, now: start + .seconds(10), boot: boot)

    /// The run that the process is in.
    private let run: Epoch

    init(run: Epoch = epoch) {
        points = PointTable()
        self.run = run
        session = CompactSession(
            gateway: "cabinet-17", points: points, version: "1.2.3", epoch: run)
    }

    func point(_ device: String, _ name: String, unit: String = "", isUrgent: Bool = false) throws
        -> PointID
    {
        let point = Point(
            device: device, name: name, unit: Unit(unchecked: unit), isUrgent: isUrgent)
        guard let id = points.intern(point) else { throw Failure.tableFull }
        return id
    }

    /// What a link begins with, where these points are configured.
    mutating func births(_ roster: [PointID] = []) -> [OutboundMessage] {
        session.births(
            Presence(
                epoch: run, protocolVersion: .v5, connect: 1, clock: anchor,
                roster: roster.compactMap { id in
                    points[id].map { Presence.RosterPoint(id: id, point: $0) }
                }))
    }

    func batch(
        _ readings: ReadingBatch, epoch: Epoch = epoch, first: UInt64 = 40,
        selection: OutboundBatch.Selection? = nil
    ) -> OutboundBatch {
        OutboundBatch(
            epoch: epoch, firstSequence: first, content: .readings(readings), anchor: anchor,
            selection: selection)
    }

    /// All messages of a batch, part after part as the forwarder takes them.
    mutating func encodeAll(_ batch: OutboundBatch) -> [OutboundMessage] {
        var (messages, offset) = ([OutboundMessage](), 0)
        while let part = session.encode(batch, from: offset, in: context) {
            messages += part.messages
            offset += part.items
        }
        return messages
    }

    /// Readings of a few points, each with a habit of its own.
    func randomBatch(_ random: inout SplitMix) throws -> ReadingBatch {
        let count = Int.random(in: 1...40, using: &random)
        let ids = try (0..<count).map { try point("unit-\($0 / 8)", "r\($0 % 8)", unit: "V") }
        let habits = ids.map { _ in Int.random(in: 0...11, using: &random) }
        var (batch, instant) = (ReadingBatch(), Self.start)
        for index in 0..<Int.random(in: 1...500, using: &random) {
            let isStray = Int.random(in: 0...9, using: &random) == 0
            let point = isStray ? Int.random(in: 0..<count, using: &random) : index % count
            if point % 8 == 0 {
                instant = instant + .nanoseconds(Int.random(in: -99...9_999_999, using: &random))
            }
            let value = value(habits[point], index, &random)
            batch.append(
                point: ids[point], value: value,
                quality: value == nil || isStray
                    ? Quality.allCases.randomElement(using: &random) ?? .timeout : .good,
                at: instant)
        }
        return batch
    }

    private func value(_ habit: Int, _ index: Int, _ random: inout SplitMix) -> Value? {
        let noise = Int64.random(in: -3...3, using: &random)
        return switch habit {
        case 0: .int64(Int64(index))
        case 1: .int64(-40_000 + noise)
        case 2: .uint64(.random(in: 0...65535, using: &random))
        case 3: .double(Double(2300 + noise) / 10)
        case 4: .double(Double(Float(2300 + noise) / 10))
        case 5: .double(Double(bitPattern: random.next()))
        case 6: .double(Double(Float(bitPattern: UInt32(truncatingIfNeeded: random.next()))))
        case 7: .bool(noise > 0)
        case 8: .string(["on", "off", "", "città"][Int(noise & 3)])
        case 9: noise == 0 ? nil : .int64(noise)
        case 10: .uint64(random.next())
        default: [nil, .bool(true), .double(0.5), .int64(.min)][Int(noise & 3)]
        }
    }

    enum Failure: Error { case tableFull }
}

/// The spelling of payloads that the page and the Python reader have too.
enum CompactText {
    static func lines(_ delivery: CompactDecoder.Delivery) -> [String] {
        switch delivery {
        case .dictionary(let part):
            return ["dictionary \(part.name) first \(part.first)"]
                + part.points.enumerated().map { index, point in
                    let unit = point.unit.symbol.isEmpty ? "-" : point.unit.symbol
                    return "\(Int(part.first) + index) \(point.device) \(point.name) \(unit)"
                        + (point.isUrgent ? " urgent" : "")
                }
        case .gap(let gap):
            return [
                "gap \(gap.epoch) first \(gap.first) count \(gap.count) "
                    + "\(gap.clock.name) \(zero(gap.zero)) \(gap.reason.name)"
            ]
        case .readings(let readings, let points):
            let head =
                "readings \(readings.epoch) first \(readings.first) count \(readings.count) "
                + "\(readings.clock.name) \(zero(readings.zero))"
            return [head]
                + points.indices.map { index in
                    line(
                        readings.sequence(of: index), points[index], readings.microseconds[index],
                        readings.qualities[index], readings.values[index])
                }
        }
    }

    static func line(
        _ sequence: UInt64, _ point: Point, _ time: Int64, _ quality: Quality, _ value: Value?
    ) -> String {
        "\(sequence) \(point.path) \(time) \(quality.name) \(spelled(value))"
    }

    private static func zero(_ zero: CompactTimeZero) -> String {
        switch zero {
        case .absolute(let base): "absolute \(base)"
        case .relative(let base): "relative \(base)"
        case .unknown: "unknown 0"
        }
    }

    private static func spelled(_ value: Value?) -> String {
        switch value {
        case nil: "none -"
        case .bool(let value): "bool \(value)"
        case .int64(let value): "int64 \(value)"
        case .uint64(let value): "uint64 \(value)"
        case .double(let value): "double \(value.bitPattern.hexadecimal)"
        case .string(let value):
            "string " + (value.isEmpty ? "-" : hexadecimal(Array(value.utf8)))
        }
    }

    static func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { String(UInt16($0) + 256, radix: 16).dropFirst() }.joined()
    }

    static func bytes(_ text: some StringProtocol) -> [UInt8] {
        let digits = Array(text.filter(\.isHexDigit))
        return stride(from: 0, to: digits.count - 1, by: 2).map {
            UInt8(String(digits[$0...$0 + 1]), radix: 16) ?? 0
        }
    }
}
