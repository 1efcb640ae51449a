import Telemetry
import Uplink

/// What is known of a message before its payload is read.
struct Envelope {
    /// The gateway that the topic names.
    var gateway: String
    /// What the user properties say of the identity.
    var identity: IdentityFields
    /// What the user properties say of the gateway's clock.
    var clock: String?
    /// When it came: relative times count from here.
    var arrival: WallTime

    /// - Throws: `Refusal` if the topic is not one of telemetry, or names another gateway than the
    ///   properties.
    init(_ message: InboundMessage, arrival: WallTime) throws(Refusal) {
        let levels = message.topic.split(separator: "/", omittingEmptySubsequences: false)
        guard levels.count == 3, levels[0] == "armadio", levels[2] == "telemetry",
            (1...Self.nameLimit).contains(levels[1].utf8.count)
        else { throw Refusal("the topic is not armadio/GATEWAY/telemetry") }
        gateway = String(levels[1])
        identity = IdentityFields(properties: message.userProperties)
        clock = message.userProperties.first { $0.name == "clock" }?.value
        self.arrival = arrival
        guard identity.gateway == nil || identity.gateway == gateway else {
            throw Refusal("the topic and the property `gateway` name two gateways")
        }
    }

    /// The longest name of a gateway, a device or a point, in bytes.
    static let nameLimit = 256
}

/// Reads the payloads of one format.
protocol PayloadDecoder: Sendable {
    /// The media types it reads (MQTT 5 content type), without parameters.
    var contentTypes: [String] { get }

    /// Whether a payload that came without a content type looks like one of these.
    func recognizes(_ payload: [UInt8]) -> Bool

    /// Reads a payload.
    ///
    /// - Throws: `Refusal` for whatever is not as it should be.
    func decode(_ payload: [UInt8], in envelope: Envelope) throws(Refusal) -> ReceivedBatch
}

/// The formats that are read.
struct PayloadDecoders {
    private let decoders: [any PayloadDecoder] = [SenMLDecoder(), SenMLCBORDecoder()]
    private var compact = CompactPayloads()

    /// Reads a message; nil if it brings no readings, but what is needed to read others.
    ///
    /// - Throws: `Refusal` for whatever is not as it should be.
    mutating func decode(
        _ message: InboundMessage, arrival: WallTime
    ) throws(Refusal) -> ReceivedBatch? {
        if CompactPayloads.reads(message) { return try compact.decode(message, arrival: arrival) }
        let envelope = try Envelope(message, arrival: arrival)
        guard let contentType = message.contentType else {
            let payload = try PayloadExpander.expand(
                message.payload, encoding: PayloadExpander.guess(message.payload))
            guard let found = decoders.first(where: { $0.recognizes(payload) }) else {
                throw Refusal("the payload has no content type and looks like none that is known")
            }
            return try found.decode(payload, in: envelope)
        }
        let parts = contentType.lowercased().split(separator: ";").map { $0.filter { $0 != " " } }
        guard let found = decoders.first(where: { $0.contentTypes.contains(parts.first ?? "") })
        else { throw Refusal("the content type `\(contentType.prefix(100))` is not known") }
        let encoding = parts.first { $0.hasPrefix("encoding=") }?.dropFirst("encoding=".count)
        let payload = try PayloadExpander.expand(
            message.payload, encoding: encoding.map(String.init))
        return try found.decode(payload, in: envelope)
    }
}
