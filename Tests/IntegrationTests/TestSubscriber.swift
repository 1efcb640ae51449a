import FoundationEssentials
import TestSupport
import Testing

/// A message as mosquitto_sub prints it (`-F %j`), with the SenML records in it (RFC 8428).
struct Message: Decodable {
    struct Record: Decodable {
        var bn: String?
        var n: String?
        var u: String?
        var v: Double?
        var vb: Bool?
        var vs: String?
    }

    private struct Properties: Decodable {
        var user: [String: String]?

        private enum CodingKeys: String, CodingKey { case user = "user-properties" }
    }

    var topic: String
    var isRetained: Bool
    var payload: String
    /// MQTT 5 user properties.
    var properties: [String: String]

    private enum CodingKeys: CodingKey { case topic, retain, payload, properties }

    init(from decoder: any Decoder) throws {
        let message = try decoder.container(keyedBy: CodingKeys.self)
        topic = try message.decode(String.self, forKey: .topic)
        isRetained = try message.decode(Int.self, forKey: .retain) == 1
        payload = try message.decode(String.self, forKey: .payload)
        properties =
            try message.decodeIfPresent(Properties.self, forKey: .properties)?.user ?? [:]
    }

    /// The readings of a telemetry message by their whole names, which begin with the gateway's.
    var readings: [(name: String, record: Record)] {
        get throws {
            var base = ""
            return try IntegrationTests.decode([Record].self, from: payload).map { record in
                base = record.bn ?? base
                return (base + (record.n ?? ""), record)
            }
        }
    }

    /// The sequence numbers of its readings.
    var sequence: Range<UInt64>? {
        guard let first = properties["first"].flatMap(UInt64.init),
            let count = properties["count"].flatMap(UInt64.init)
        else { return nil }
        return first..<first + count
    }
}

/// The platform: mosquitto_sub, with a session that the broker keeps while it is away.
struct TestSubscriber {
    private let process: TestProcess

    /// Subscribes; every message after this is received.
    init(_ topic: String = "armadio/#", at broker: MosquittoBroker) async throws {
        let program = [
            "mosquitto_sub", "-h", "127.0.0.1", "-p", "\(broker.port)", "-V", "5", "-q", "1",
            "-i", "platform", "-c", "-x", "600", "-t", topic, "-F", "%j",
        ]
        let enrolment = try await TestProcess(program + ["-E"]).run()
        try #require(enrolment.code == 0, "\(enrolment.errors)")
        process = TestProcess(program)
        try await process.start()
    }

    /// The next message.
    func next() async throws -> Message {
        try decode(Message.self, from: try await process.line(containing: "{"))
    }

    /// The messages up to the first that fits.
    func messages(
        until fits: (Message) throws -> Bool
    ) async throws -> [Message] {
        var messages: [Message] = []
        repeat { messages.append(try await next()) } while try !fits(messages[messages.count - 1])
        return messages
    }
}
