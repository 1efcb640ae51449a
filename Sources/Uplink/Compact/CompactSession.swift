import Frames
import Telemetry

/// The journal's columns as messages (`compact.md`): about two bytes a reading, with value, time,
/// quality and identity, to `armadio/{gateway}/telemetry`.
///
/// Points are numbers of a dictionary, which is retained in
/// `armadio/{gateway}/dictionary/{slot}/{part}`: sent at each birth, and again, grown, before the
/// first readings of points that came later. It is named by the run of the gateway that made it;
/// those of the last eight runs are kept by the broker. `armadio/{gateway}/rebirth` asks for it.
///
/// Beside it, retained, `armadio/{gateway}/status`.
public struct CompactSession: UplinkSession {
    /// The media type of readings, gaps and dictionaries.
    public static let contentType = "application/vnd.armadio.compact"
    /// How many runs' dictionaries the broker keeps: that many slots are used in turn.
    public static let dictionarySlots: UInt32 = 8

    private let gateway: String
    private let version: String
    private let points: PointTable
    private let topics: PlatformTopics
    private var vocabulary: CompactVocabulary
    private let columns = CompactColumns()
    /// The dictionary's name.
    private let dictionary: Epoch

    /// A session for a gateway.
    ///
    /// - Parameters:
    ///   - gateway: The gateway's name, in topics.
    ///   - points: The table that the batches' point ids belong to.
    ///   - version: The gateway's version, told at each birth.
    ///   - epoch: The run of readings that are not urgent: the name of the dictionary, which no
    ///     other process may have.
    public init(gateway: String, points: PointTable, version: String, epoch: Epoch) {
        self.gateway = gateway
        dictionary = epoch
        self.version = version
        self.points = points
        topics = PlatformTopics(gateway: gateway)
        vocabulary = CompactVocabulary(points: points)
    }

    // MARK: Births

    public mutating func births(_ presence: Presence) -> [OutboundMessage] {
        let parts = vocabulary.restart(with: presence.roster.lazy.map(\.id))
        return [GatewayStatus.online(gateway: gateway, version: version, epoch: presence.epoch)]
            + parts.map { message($0) }
    }

    public func will(connect: UInt64) -> OutboundMessage? {
        GatewayStatus.offline(gateway: gateway)
    }

    public mutating func farewell(because reason: FarewellReason) -> OutboundMessage? {
        GatewayStatus.offline(gateway: gateway, because: reason)
    }

    private var rebirth: String { "armadio/\(gateway)/rebirth" }

    public var subscriptions: [String] { topics.subscriptions + [rebirth] }

    public mutating func receive(_ message: InboundMessage) -> [SessionRequest] {
        guard message.topic == rebirth else { return topics.receive(message) }
        // One that the broker has kept was meant for another moment.
        return message.isRetained ? [] : [.birth]
    }

    public mutating func answer(_ outcome: CommandOutcome, to command: PlatformCommand)
        -> [OutboundMessage]
    { topics.answer(outcome, to: command) }

    private func message(_ part: CompactVocabulary.Part) -> OutboundMessage {
        // Two numbers are taken at each start, one for each queue.
        let slot = dictionary.number / 2 % CompactSession.dictionarySlots
        return OutboundMessage(
            topic: "armadio/\(gateway)/dictionary/\(slot)/\(part.index)",
            payload: CompactDictionary(
                name: dictionary, first: part.first, points: part.points
            ).encoded(),
            retain: true, contentType: CompactSession.contentType)
    }

    // MARK: Readings

    public mutating func encode(
        _ batch: OutboundBatch, from offset: Int, in context: EncodingContext
    ) -> EncodedBatch? {
        guard offset >= 0, offset < batch.items else { return nil }
        switch batch.content {
        case .readings(let readings):
            return encode(readings, of: batch, from: offset, in: context)
        case .gap(_, let reason):
            let payload = gap(reason, of: batch, in: context)
            return EncodedBatch(messages: [telemetry(payload)], items: 1)
        }
    }

    private mutating func encode(
        _ readings: ReadingBatch, of batch: OutboundBatch, from offset: Int,
        in context: EncodingContext
    ) -> EncodedBatch {
        let end = min(readings.count, offset + FrameBody.largestCount)
        // Points that are new need a message of their own, even where only one is allowed.
        let need = vocabulary.need(
            readings.points[offset..<end], limit: max(context.messageLimit - 1, 1))
        let parts = vocabulary.parts(
            for: need, epoch: batch.epoch, sequence: batch.sequence(of: offset))
        var (count, payload) = (need.count, [UInt8]())
        let limit = max(1024, context.byteLimit)
        while true {
            var part = readings.slice(offset..<offset + count)
            if need.hasUnknown { part = known(part) }
            payload = self.payload(part, of: batch, from: offset, in: context)
            if payload.count <= limit { break }
            if count == 1 {
                // A text that is too long for any message must not stop what follows.
                payload = self.payload(
                    part.withoutValues(.unrepresentable), of: batch, from: offset, in: context)
                break
            }
            count = max(1, min(count - 1, count * limit / payload.count * 15 / 16))
        }
        return EncodedBatch(
            messages: parts.map { message($0) } + [telemetry(payload)],
            items: count)
    }

    /// The same readings, `noPoint` instead of points that the table does not have.
    private func known(_ readings: ReadingBatch) -> ReadingBatch {
        var known = ReadingBatch()
        for index in 0..<readings.count {
            var reading = readings[index]
            if points[reading.point] == nil {
                reading.point = PointID(index: CompactDictionary.noPoint)
            }
            known.append(reading)
        }
        return known
    }

    private func payload(
        _ readings: ReadingBatch, of batch: OutboundBatch, from offset: Int,
        in context: EncodingContext
    ) -> [UInt8] {
        let time = CompactTime(
            first: readings.instants[0], anchor: batch.anchor, now: context.now,
            boot: context.boot)
        let first = batch.sequence(of: offset)
        var header = CompactHeader(
            kind: .readings, epoch: batch.epoch, first: first,
            count: batch.sequence(of: offset + readings.count) - first)
        (header.clock, header.zero) = (time.clock, time.zero)
        header.isSelection = batch.selection != nil
        header.isOtherJournal = dictionary.journal != batch.epoch.journal
        var out = ByteWriter(capacity: 64)
        header.write(to: &out)
        if header.isOtherJournal { out.put(dictionary.journal) }
        out.putVarint(UInt64(dictionary.number))
        if header.isSelection { out.putVarint(UInt64(readings.count)) }
        let behind = UInt32(truncatingIfNeeded: first - batch.firstSequence)
        let offsets = batch.selection?.offsets[offset..<offset + readings.count]
        out.put(
            bytes: columns.body(
                readings, times: readings.instants.map { time.offset(of: $0) },
                offsets: offsets?.map { $0 - behind }))
        return out.bytes
    }

    // MARK: Gaps

    private func gap(
        _ reason: GapReason, of batch: OutboundBatch, in context: EncodingContext
    ) -> [UInt8] {
        // As SenML tells it: when it is found, or as of the last that is known of its boot.
        let instant = batch.anchor.boot == context.boot ? context.now : batch.anchor.instant
        let time = CompactTime(
            first: instant, anchor: batch.anchor, now: context.now, boot: context.boot)
        var header = CompactHeader(
            kind: .gap, epoch: batch.epoch, first: batch.firstSequence, count: batch.count)
        (header.clock, header.zero) = (time.clock, time.zero)
        var out = ByteWriter(capacity: 64)
        header.write(to: &out)
        out.put(reason.rawValue)
        return out.bytes
    }

    private func telemetry(_ payload: [UInt8]) -> OutboundMessage {
        OutboundMessage(
            topic: "armadio/\(gateway)/telemetry", payload: payload,
            contentType: CompactSession.contentType)
    }
}

extension ReadingBatch {
    /// The readings without their values, of this quality.
    fileprivate func withoutValues(_ quality: Quality) -> ReadingBatch {
        var bare = ReadingBatch()
        for index in 0..<count {
            bare.append(point: points[index], value: nil, quality: quality, at: instants[index])
        }
        return bare
    }
}
