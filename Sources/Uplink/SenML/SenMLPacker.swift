import Telemetry

/// A pack of records.
struct SenMLPack {
    var bytes: [UInt8]
    /// How many items of the batch are in it.
    var items: Int
    var identity: BatchIdentity
    /// What is said about the clock.
    var clock: String?
}

/// Packs in one representation; what it has worked out it keeps between calls.
struct SenMLPacker<Format: SenMLFormat>: Sendable {
    private var vocabulary: SenMLVocabulary<Format>
    private var body = Format()

    init(gateway: String, points: PointTable) {
        vocabulary = SenMLVocabulary(gateway: gateway, points: points)
    }

    /// A pack of the readings from `offset` on, as many as fit into `limit` bytes, at least one.
    mutating func pack(
        _ readings: ReadingBatch, of batch: OutboundBatch, from offset: Int, limit: Int,
        in context: EncodingContext
    ) -> SenMLPack {
        let time = SenMLTime(
            first: readings.instants[offset], anchor: batch.anchor, now: context.now,
            boot: context.boot)
        let device = vocabulary.entry(for: readings.points[offset]).device
        let baseName = vocabulary.text[vocabulary.baseName(ofDevice: device)]
        // The longest head: `count` only gets smaller.
        let all = BatchIdentity(of: batch, items: offset..<readings.count)
        let longest = head(baseName, time, all, records: readings.count - offset, context)
        let room = limit - longest.count - Format.tail.count
        let taken = fill(readings, from: offset, device: device, time: time, limit: room)
        let identity = BatchIdentity(of: batch, items: offset..<offset + taken)
        let head = head(baseName, time, identity, records: taken, context)
        return SenMLPack(
            bytes: assemble(head), items: taken, identity: identity, clock: time.clock)
    }

    /// Writes as many records as fit into `limit` bytes, at least one; returns how many.
    private mutating func fill(
        _ readings: ReadingBatch, from offset: Int, device: Int, time: SenMLTime, limit: Int
    ) -> Int {
        body.truncate(to: 0)
        let first = vocabulary.entry(for: readings.points[offset])
        body.addFirst(SenMLContent(readings, at: offset), first, vocabulary.text)
        if body.count > limit {
            // A text that is too long for any message must not stop what follows.
            body.truncate(to: 0)
            body.addFirst(.quality(.unrepresentable), first, vocabulary.text)
        }
        var device = device
        for index in offset + 1..<readings.count {
            let start = body.count
            let entry = vocabulary.entry(for: readings.points[index])
            let baseName =
                entry.device == device ? nil : vocabulary.baseName(ofDevice: entry.device)
            device = entry.device
            body.add(
                SenMLContent(readings, at: index), entry, baseName: baseName,
                offset: time.offsetMicroseconds(of: readings.instants[index]), vocabulary.text)
            if body.count > limit {
                body.truncate(to: start)
                return index - offset
            }
        }
        return readings.count - offset
    }

    /// The pack of a gap.
    mutating func pack(
        gap count: UInt64, _ reason: GapReason, of batch: OutboundBatch,
        in context: EncodingContext
    ) -> SenMLPack {
        // The moment of the loss is not recorded; it is told when it is found, or as of the last
        // that is known of the boot it happened in.
        let instant = batch.anchor.boot == context.boot ? context.now : batch.anchor.instant
        let time = SenMLTime(
            first: instant, anchor: batch.anchor, now: context.now, boot: context.boot)
        let identity = BatchIdentity(of: batch, items: 0..<1)
        body.truncate(to: 0)
        body.addGap(count, reason)
        let head = head(vocabulary.baseNameOfGateway[...], time, identity, records: 1, context)
        return SenMLPack(bytes: assemble(head), items: 1, identity: identity, clock: time.clock)
    }

    private func head(
        _ baseName: ArraySlice<UInt8>, _ time: SenMLTime, _ identity: BatchIdentity, records: Int,
        _ context: EncodingContext
    ) -> [UInt8] {
        body.head(
            of: SenMLHead(
                baseName: baseName, baseTime: time.baseMicroseconds,
                identity: context.protocolVersion == .v311 ? identity : nil, clock: time.clock),
            records: records)
    }

    private func assemble(_ head: [UInt8]) -> [UInt8] {
        var pack: [UInt8] = []
        pack.reserveCapacity(head.count + body.count + Format.tail.count)
        pack += head
        pack += body.records
        pack += Format.tail
        return pack
    }
}
