import Telemetry

/// SenML JSON (RFC 8428), one message a batch, to `armadio/{gateway}/telemetry`:
///
///     [{"bn":"cabinet-17/meter/","bt":1700000000.25,"n":"voltage","u":"V","v":230.1},
///      {"n":"current","u":"A","v":1.25,"t":0.01},
///      {"n":"frequency/quality","vs":"timeout","t":0.01}]
///
/// `bn` is in every record where the device changes. A reading of bad quality is a text record
/// of its own beside the point's series, so that nobody's series sees a false value. The
/// batch's identity (`gateway`, `epoch`, `first`, `count`) is in MQTT 5 user properties, and on
/// 3.1.1 in extra fields of the first record, which SenML readers skip (section 4.4). A clock
/// that was not synchronized is told in `clock`, in the first record and as a property. A gap is
/// one record named `gap`, whose value is the number of readings given up, with their identity.
///
/// Beside it, retained, `armadio/{gateway}/status`; what the platform says comes by
/// `PlatformTopics`.
public struct SenMLSession: UplinkSession {
    /// The media type (RFC 8428 section 12.3.1).
    public static let contentType = "application/senml+json"

    private let gateway: String
    private let version: String
    private let topics: PlatformTopics
    private var vocabulary: SenMLVocabulary
    private var body = JSONWriter(capacity: 4096)

    /// A session for a gateway.
    ///
    /// - Parameters:
    ///   - gateway: The gateway's name, in topics and base names.
    ///   - points: The table that the batches' point ids belong to.
    ///   - version: The gateway's version, told at each birth.
    public init(gateway: String, points: PointTable, version: String) {
        self.gateway = gateway
        self.version = version
        topics = PlatformTopics(gateway: gateway)
        vocabulary = SenMLVocabulary(gateway: gateway, points: points)
    }

    public mutating func births(_ presence: Presence) -> [OutboundMessage] {
        [GatewayStatus.online(gateway: gateway, version: version, epoch: presence.epoch)]
    }

    public func will(connect: UInt64) -> OutboundMessage? {
        GatewayStatus.offline(gateway: gateway)
    }

    public var subscriptions: [String] { topics.subscriptions }

    public mutating func receive(_ message: InboundMessage) -> [SessionRequest] {
        topics.receive(message)
    }

    public mutating func answer(_ outcome: CommandOutcome, to command: PlatformCommand)
        -> [OutboundMessage]
    { topics.answer(outcome, to: command) }

    public mutating func encode(
        _ batch: OutboundBatch, from offset: Int, in context: EncodingContext
    ) -> EncodedBatch? {
        switch batch.content {
        case .readings(let readings):
            readings.count > offset && offset >= 0
                ? encode(readings, of: batch, from: offset, in: context) : nil
        case .gap(let count, let reason):
            offset == 0 ? encodeGap(count, reason, of: batch, in: context) : nil
        }
    }

    // MARK: Readings

    private mutating func encode(
        _ readings: ReadingBatch, of batch: OutboundBatch, from offset: Int,
        in context: EncodingContext
    ) -> EncodedBatch {
        let time = SenMLTime(
            first: readings.instants[offset], anchor: batch.anchor, now: context.now,
            boot: context.boot)
        let device = vocabulary.entry(for: readings.points[offset]).device
        // The longest head: `count` only gets smaller.
        var identity = BatchIdentity(of: batch, items: offset..<readings.count)
        let longest = head(device: device, time: time, identity: identity, in: context).count
        let limit = max(1024, context.byteLimit) - longest - 1
        let taken = writeBody(readings, from: offset, device: device, time: time, limit: limit)
        identity = BatchIdentity(of: batch, items: offset..<offset + taken)
        let head = head(device: device, time: time, identity: identity, in: context)
        return EncodedBatch(
            messages: [message(head, identity: identity, clock: time.clock, in: context)],
            items: taken)
    }

    /// Writes as many records as fit into `limit` bytes, at least one; returns how many.
    private mutating func writeBody(
        _ readings: ReadingBatch, from offset: Int, device: Int, time: SenMLTime, limit: Int
    ) -> Int {
        body.truncate(to: 0)
        var device = device
        for index in offset..<readings.count {
            let start = body.count
            let entry = vocabulary.entry(for: readings.points[index])
            if index > offset {
                body.append(",{")
                if entry.device != device {
                    body.append(vocabulary.baseName(ofDevice: entry.device), of: vocabulary.text)
                    device = entry.device
                }
            }
            let content = body.count
            writeReading(readings, at: index, entry)
            if body.count + 1 > limit && index == offset {
                // A text that is too long for any message, with the brace behind it, must not
                // stop what follows.
                body.truncate(to: content)
                writeQuality(.unrepresentable, entry)
            }
            writeOffset(time.offsetMicroseconds(of: readings.instants[index]))
            body.append(UInt8(ascii: "}"))
            if body.count > limit && index > offset {
                body.truncate(to: start)
                return index - offset
            }
        }
        return readings.count - offset
    }

    private mutating func writeReading(
        _ readings: ReadingBatch, at index: Int, _ entry: SenMLVocabulary.Entry
    ) {
        let (kind, bits, quality) = (
            readings.kinds[index], readings.bits[index], readings.qualities[index]
        )
        guard quality == .good else { return writeQuality(quality, entry) }
        switch kind {
        case .none: writeQuality(.unrepresentable, entry)
        case .double:
            let value = Double(bitPattern: bits)
            guard value.isFinite else { return writeQuality(.unrepresentable, entry) }
            writeKey("\"v\":", entry)
            body.append(value)
        case .int64:
            writeKey("\"v\":", entry)
            body.append(Int64(bitPattern: bits))
        case .uint64:
            writeKey("\"v\":", entry)
            body.append(bits)
        case .bool:
            writeKey("\"vb\":", entry)
            if bits == 0 { body.append("false") } else { body.append("true") }
        case .string:
            writeKey("\"vs\":", entry)
            body.append(string: readings.strings[Int(bits)])
        }
    }

    private mutating func writeKey(_ key: StaticString, _ entry: SenMLVocabulary.Entry) {
        body.append(entry.value, of: vocabulary.text)
        body.append(key)
    }

    private mutating func writeQuality(_ quality: Quality, _ entry: SenMLVocabulary.Entry) {
        body.append(entry.quality, of: vocabulary.text)
        body.appendEscaped(quality.name)
        body.append(UInt8(ascii: "\""))
    }

    private mutating func writeOffset(_ microseconds: Int64) {
        guard microseconds != 0 else { return }
        body.append(",\"t\":")
        body.append(microseconds, places: 6)
    }

    // MARK: Gaps

    private mutating func encodeGap(
        _ count: UInt64, _ reason: GapReason, of batch: OutboundBatch, in context: EncodingContext
    ) -> EncodedBatch {
        // The moment of the loss is not recorded; it is told when it is found, or as of the last
        // that is known of the boot it happened in.
        let instant = batch.anchor.boot == context.boot ? context.now : batch.anchor.instant
        let time = SenMLTime(
            first: instant, anchor: batch.anchor, now: context.now, boot: context.boot)
        let identity = BatchIdentity(of: batch, items: 0..<1)
        body.truncate(to: 0)
        body.append("\"n\":\"gap\",\"v\":")
        body.append(count)
        body.append(",\"reason\":")
        body.append(string: reason.name)
        body.append(UInt8(ascii: "}"))
        let head = head(device: nil, time: time, identity: identity, in: context)
        return EncodedBatch(
            messages: [message(head, identity: identity, clock: time.clock, in: context)], items: 1)
    }

    // MARK: What both have

    /// The beginning of the first record.
    private func head(
        device: Int?, time: SenMLTime, identity: BatchIdentity, in context: EncodingContext
    ) -> JSONWriter {
        var json = JSONWriter(capacity: 256)
        json.append("[{")
        if let device {
            json.append(vocabulary.baseName(ofDevice: device), of: vocabulary.text)
        } else {
            json.append("\"bn\":")
            json.append(string: gateway + "/")
            json.append(",")
        }
        if let base = time.baseMicroseconds {
            json.append("\"bt\":")
            json.append(base, places: 6)
            json.append(",")
        }
        if context.protocolVersion == .v311 {
            json.append("\"epoch\":")
            json.append(string: identity.epoch)
            json.append(",\"first\":")
            json.append(identity.first)
            json.append(",\"count\":")
            json.append(identity.count)
            if let numbers = identity.numbers {
                json.append(",\"numbers\":")
                json.append(string: numbers)
            }
            json.append(",")
        }
        if let clock = time.clock {
            json.append("\"clock\":")
            json.append(string: clock)
            json.append(",")
        }
        return json
    }

    private func message(
        _ head: JSONWriter, identity: BatchIdentity, clock: String?, in context: EncodingContext
    ) -> OutboundMessage {
        var payload: [UInt8] = []
        payload.reserveCapacity(head.count + body.count + 1)
        payload += head.bytes
        payload += body.bytes
        payload.append(UInt8(ascii: "]"))
        var message = OutboundMessage(
            topic: "armadio/\(gateway)/telemetry", payload: payload,
            contentType: SenMLSession.contentType)
        if context.protocolVersion == .v5 {
            message.userProperties = identity.properties(gateway: gateway)
            if let clock { message.userProperties.append(("clock", clock)) }
        }
        return message
    }
}
