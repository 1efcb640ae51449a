import Telemetry
import Uplink

/// Reads compact payloads (`Sources/Uplink/Compact/compact.md`): unlike the other formats they name
/// points by the numbers of a dictionary that came before.
struct CompactPayloads {
    private var decoder = CompactDecoder()

    /// Whether a payload is one of these, by content type or, without one, by its first byte.
    static func reads(_ message: InboundMessage) -> Bool {
        if let type = message.contentType { return type == CompactSession.contentType }
        return CompactPayload.begins(message.payload)
    }

    /// What a message brings; nil if it is a part of a dictionary.
    ///
    /// - Throws: `Refusal` for whatever is not as it should be, and for points that no dictionary
    ///   has brought yet.
    mutating func decode(
        _ message: InboundMessage, arrival: WallTime
    ) throws(Refusal) -> ReceivedBatch? {
        let delivery: CompactDecoder.Delivery
        do {
            delivery = try decoder.read(message.payload)
        } catch {
            throw Self.refusal(error)
        }
        if case .dictionary = delivery { return nil }
        return try batch(delivery, Envelope(message, arrival: arrival))
    }

    private static func refusal(_ flaw: CompactFlaw) -> Refusal {
        switch flaw {
        case .malformed: Refusal("the compact payload is damaged")
        case .unknownPoints(let dictionary):
            Refusal(
                "the dictionary \(dictionary) has not come; a gateway with `acknowledge: platform` "
                    + "sends the readings again")
        }
    }

    private func batch(
        _ delivery: CompactDecoder.Delivery, _ envelope: Envelope
    ) throws(Refusal) -> ReceivedBatch? {
        switch delivery {
        case .dictionary: return nil
        case .gap(let gap):
            return ReceivedBatch(
                stream: StreamKey(gateway: envelope.gateway, epoch: gap.epoch),
                span: try span(gap.epoch, gap.first, gap.count), content: .gap(gap.reason.name))
        case .readings(let readings, let points):
            return ReceivedBatch(
                stream: StreamKey(gateway: envelope.gateway, epoch: readings.epoch),
                span: try span(readings.epoch, readings.first, readings.count),
                content: .readings(try self.readings(readings, points, envelope)))
        }
    }

    private func span(
        _ epoch: Epoch, _ first: UInt64, _ count: UInt64
    ) throws(Refusal) -> Range<UInt64> {
        var fields = IdentityFields()
        (fields.epoch, fields.first, fields.count) = (epoch.description, first, count)
        return try BatchSpan(fields).numbers
    }

    private func readings(
        _ readings: CompactReadings, _ points: [Point], _ envelope: Envelope
    ) throws(Refusal) -> [ReceivedReading] {
        let arrival = envelope.arrival.nanosecondsSince1970 / 1000
        let clock = readings.clock == .synchronized ? nil : readings.clock.name
        guard
            points.allSatisfy({
                max($0.device.utf8.count, $0.name.utf8.count) <= Envelope.nameLimit
            })
        else { throw Refusal("a name has more than \(Envelope.nameLimit) bytes") }
        return points.indices.map { index in
            let (point, quality) = (points[index], readings.qualities[index])
            let micros = readings.microsecondsSince1970(of: index, arrival: arrival)
            let isGood = quality.isGood && readings.values[index] != nil
            return ReceivedReading(
                sequence: readings.sequence(of: index), device: point.device, point: point.name,
                unit: point.unit == .none ? nil : point.unit.symbol,
                time: micros.map { WallTime(nanosecondsSince1970: $0.multiplied(by: 1000)) },
                clock: clock, value: isGood ? readings.values[index] : nil,
                quality: isGood || !quality.isGood ? quality.name : Quality.unrepresentable.name)
        }
    }
}

extension Int64 {
    /// The product, or the nearest number there is: a payload may name any time.
    fileprivate func multiplied(by other: Int64) -> Int64 {
        let (product, isTooLarge) = multipliedReportingOverflow(by: other)
        return isTooLarge ? (self < 0 ? .min : .max) : product
    }
}
