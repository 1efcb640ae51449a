import Telemetry

/// SenML (RFC 8428), one message a batch, to `armadio/{gateway}/telemetry`. As JSON:
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
/// CBOR says the same with the numbers of section 6 for names. A value is an integer, a float or a
/// decimal fraction (tag 4), whichever is shortest; each gives the same double as the JSON does.
///
/// A message that was compressed says so in its MQTT 5 content type, such as
/// `application/senml+cbor; encoding=zstd`; one that compression would make longer is sent as it
/// is. On 3.1.1 the first byte tells: `[` is JSON, 0x80 to 0x9F an array in CBOR, 0x28 zstd
/// (28 B5 2F FD), 0x78 zlib.
///
/// Beside it, retained, `armadio/{gateway}/status`; what the platform says comes by
/// `PlatformTopics`.
public struct SenMLSession: UplinkSession {
    /// How many times the limit of a message a compressed one may have before: bounds what is in
    /// memory here, and at a receiver.
    static let largestRatio = 8.0
    /// What is tried before anything is known: records compress better than this.
    private static let firstRatio = 4.0

    private let gateway: String
    private let version: String
    private let topics: PlatformTopics
    private let options: SenMLOptions
    private let compressor: SenMLCompressor
    /// One packs. Both are there by their types: through an existential, every byte of a record
    /// would be written by code that is not made for its format.
    private var json: SenMLPacker<SenMLJSON>
    private var cbor: SenMLPacker<SenMLCBOR>
    /// How many times shorter full messages have become lately, less a tenth.
    private var ratio = firstRatio

    /// A session for a gateway.
    ///
    /// - Parameters:
    ///   - gateway: The gateway's name, in topics and base names.
    ///   - points: The table that the batches' point ids belong to.
    ///   - version: The gateway's version, told at each birth.
    ///   - options: How packs are written.
    public init(
        gateway: String, points: PointTable, version: String,
        options: SenMLOptions = SenMLOptions()
    ) {
        self.gateway = gateway
        self.version = version
        self.options = options
        topics = PlatformTopics(gateway: gateway)
        compressor = SenMLCompressor(options.compression)
        json = SenMLPacker(gateway: gateway, points: points)
        cbor = SenMLPacker(gateway: gateway, points: points)
    }

    public mutating func births(_ presence: Presence) -> [OutboundMessage] {
        [GatewayStatus.online(gateway: gateway, version: version, epoch: presence.epoch)]
    }

    public func will(connect: UInt64) -> OutboundMessage? {
        GatewayStatus.offline(gateway: gateway)
    }

    public mutating func farewell(because reason: FarewellReason) -> OutboundMessage? {
        GatewayStatus.offline(gateway: gateway, because: reason)
    }

    public var subscriptions: [String] { topics.subscriptions }

    public mutating func receive(_ message: InboundMessage) -> [SessionRequest] {
        topics.receive(message)
    }

    public mutating func answer(_ outcome: CommandOutcome, to command: PlatformCommand)
        -> [OutboundMessage]
    { topics.answer(outcome, to: command) }

    // MARK: Batches

    public mutating func encode(
        _ batch: OutboundBatch, from offset: Int, in context: EncodingContext
    ) -> EncodedBatch? {
        switch batch.content {
        case .readings(let readings):
            guard offset >= 0, offset < readings.count else { return nil }
            return encode(readings, of: batch, from: offset, in: context)
        case .gap(let count, let reason):
            guard offset == 0 else { return nil }
            let pack =
                switch options.encoding {
                case .json: json.pack(gap: count, reason, of: batch, in: context)
                case .cbor: cbor.pack(gap: count, reason, of: batch, in: context)
                }
            return encoded(pack, pack.bytes, isCompressed: false, in: context)
        }
    }

    /// The limit is for what is published. How many readings come to that is known only when they
    /// are compressed: it is guessed by the messages before, then by this one, and at last only
    /// as many are taken as fit as they are.
    private mutating func encode(
        _ readings: ReadingBatch, of batch: OutboundBatch, from offset: Int,
        in context: EncodingContext
    ) -> EncodedBatch {
        let limit = max(1024, context.byteLimit)
        var length = options.compression == .none ? limit : Int(Double(limit) * ratio)
        var isGuess = true
        while true {
            let pack = pack(readings, of: batch, from: offset, limit: length, in: context)
            let short = compressor.compress(pack.bytes)
            note(short, of: pack.bytes, limit)
            if let short, short.count <= limit {
                return encoded(pack, short, isCompressed: true, in: context)
            }
            if pack.bytes.count <= limit || length <= limit {
                return encoded(pack, pack.bytes, isCompressed: false, in: context)
            }
            length = isGuess ? max(limit, Int(Double(limit) * ratio)) : limit
            isGuess = false
        }
    }

    private mutating func pack(
        _ readings: ReadingBatch, of batch: OutboundBatch, from offset: Int, limit: Int,
        in context: EncodingContext
    ) -> SenMLPack {
        switch options.encoding {
        case .json: json.pack(readings, of: batch, from: offset, limit: limit, in: context)
        case .cbor: cbor.pack(readings, of: batch, from: offset, limit: limit, in: context)
        }
    }

    /// Learns from a message that is worth it.
    private mutating func note(_ short: [UInt8]?, of bytes: [UInt8], _ limit: Int) {
        guard options.compression != .none, bytes.count >= limit / 2 else { return }
        let seen = Double(bytes.count) / Double(short?.count ?? bytes.count)
        ratio = min(Self.largestRatio, max(1, seen * 0.9))
    }

    private func encoded(
        _ pack: SenMLPack, _ payload: [UInt8], isCompressed: Bool, in context: EncodingContext
    ) -> EncodedBatch {
        var message = OutboundMessage(
            topic: "armadio/\(gateway)/telemetry", payload: payload,
            contentType: options.contentType(isCompressed: isCompressed))
        if context.protocolVersion == .v5 {
            message.userProperties = pack.identity.properties(gateway: gateway)
            if let clock = pack.clock { message.userProperties.append(("clock", clock)) }
        }
        return EncodedBatch(messages: [message], items: pack.items)
    }
}
