import JSON
import Settings
import Telemetry
import Uplink

/// The topics by which a platform changes the configuration, beside those of the session:
///
/// | topic | direction | payload |
/// |---|---|---|
/// | `armadio/{gateway}/configuration` | to the gateway | the YAML text, with the user properties `id`, `confirm-within`, `origin` (MQTT 5), or a JSON object with `configuration` (the text) and these |
/// | `armadio/{gateway}/configuration/confirm` | to the gateway | the id, or a JSON object with it |
/// | `armadio/{gateway}/configuration/result` | from the gateway | a JSON object, retained where it says how the last trial stands |
///
/// A configuration without an id has its SHA-256 for one, as sha256sum(1) prints it. Results go to
/// the message's response topic too, if it has one.
struct ConfigurationTopics: Sendable {
    /// The longest configuration, in bytes: what a connection takes in.
    static let byteLimit = MQTTConnection.inboundByteLimit
    /// The most problems told in one result; `armadio check` shows all.
    static let problemLimit = 50
    /// The longest of a result's texts, in characters.
    static let textLimit = 300

    private let topic: String
    private let platform: PlatformTopics
    private let uplink: String

    /// The topics of a gateway, heard on an uplink.
    init(gateway: String, uplink: String) {
        topic = "armadio/\(gateway)/configuration"
        platform = PlatformTopics(gateway: gateway)
        self.uplink = uplink
    }

    /// What is subscribed to.
    var subscriptions: [String] { [topic, topic + "/confirm"] }

    /// What a message asks.
    enum Request: Sendable {
        /// Try a configuration.
        case apply(ConfigurationProposal)
        /// Keep it.
        case confirm(id: String)
        /// What cannot be understood is answered, with the id if there is one.
        case flaw(id: String, String)
    }

    private struct Envelope: Decodable {
        var configuration: String?
        var id: String?
        var confirmWithin: String?
        var origin: String?

        private enum CodingKeys: String, CodingKey {
            case configuration, id, origin
            case confirmWithin = "confirm-within"
        }
    }

    /// What a message asks; nil if it is about something else.
    func request(_ message: InboundMessage) -> Request? {
        switch message.topic {
        case topic: proposal(message)
        case topic + "/confirm": confirmation(message)
        default: nil
        }
    }

    private func proposal(_ message: InboundMessage) -> Request {
        var envelope = envelope(message)
        let id = envelope.id ?? ""
        guard message.payload.count <= Self.byteLimit else {
            return .flaw(id: id, "it has more than \(Self.byteLimit >> 10) KiB")
        }
        if envelope.configuration == nil {
            envelope.configuration = String(validating: message.payload, as: UTF8.self)
        }
        guard let text = envelope.configuration, !text.utf8.contains(0) else {
            return .flaw(id: id, "the payload is no text in UTF-8")
        }
        guard id.utf8.count <= PlatformCommand.idLimit else {
            return .flaw(id: "", "its id has more than \(PlatformCommand.idLimit) bytes")
        }
        var within: Duration?
        do throws(TextScalarError) {
            within = try envelope.confirmWithin.map { (text) throws(TextScalarError) in
                try Duration(text: text)
            }
        } catch {
            return .flaw(id: id, "confirm-within: \(error)")
        }
        var proposal = ConfigurationProposal(
            text: Array(text.utf8), id: id, confirmWithin: within,
            origin: envelope.origin.map { "\($0.prefix(Self.textLimit)) (\(uplink))" } ?? uplink,
            uplink: uplink)
        proposal.reply = platform.responseTopic(of: message).map {
            ConfigurationReply(uplink: uplink, topic: $0, correlation: message.correlation)
        }
        return .apply(proposal)
    }

    /// A confirmation that the broker has kept was not meant for what is tried now.
    private func confirmation(_ message: InboundMessage) -> Request {
        let payload = String(validating: message.payload, as: UTF8.self) ?? ""
        let id = envelope(message).id ?? payload.trimmed
        guard !message.isRetained else {
            return .flaw(id: id, "a retained confirmation says nothing of now")
        }
        guard !id.isEmpty, id.utf8.count <= PlatformCommand.idLimit else {
            return .flaw(id: "", "a confirmation needs the id of what it confirms")
        }
        return .confirm(id: id)
    }

    /// What the payload, if it is such an object, and the user properties say.
    private func envelope(_ message: InboundMessage) -> Envelope {
        var envelope = Envelope()
        if message.payload.first == UInt8(ascii: "{") {
            do {
                envelope = try JSONDecoder().decode(Envelope.self, from: message.payload)
            } catch {
                // A configuration may begin so, as YAML.
            }
        }
        for (name, value) in message.userProperties {
            switch name {
            case "id": envelope.id = envelope.id ?? value
            case "confirm-within": envelope.confirmWithin = envelope.confirmWithin ?? value
            case "origin": envelope.origin = envelope.origin ?? value
            default: break
            }
        }
        return envelope
    }

    // MARK: Results

    private struct Result: Encodable {
        struct Problem: Encodable {
            var line: Int?
            var column: Int?
            var path: String
            var what: String
            var mend: String?
        }

        var id: String
        var state: String
        var reason: String?
        var hash: String?
        var confirmWithin: Double?
        var origin: String?
        var problems: [Problem]?
        var moreProblems: Int?

        private enum CodingKeys: String, CodingKey {
            case id, state, reason, hash, origin, problems
            case confirmWithin = "confirm-within"
            case moreProblems = "more-problems"
        }
    }

    /// The messages that tell how it is with a configuration: to everybody, and to who asked.
    func results(_ outcome: ConfigurationOutcome) -> [OutboundMessage] {
        let problems = outcome.problems.prefix(Self.problemLimit).map { problem in
            Result.Problem(
                line: problem.location?.position.line, column: problem.location?.position.column,
                path: problem.path.joined(separator: "/").cut, what: problem.what.cut,
                mend: problem.mend.isEmpty ? nil : problem.mend.cut)
        }
        let more = outcome.problems.count - problems.count
        let result = Result(
            id: outcome.id.cut, state: outcome.state.rawValue,
            reason: outcome.reason.isEmpty ? nil : outcome.reason.cut,
            hash: outcome.hash.isEmpty ? nil : outcome.hash,
            confirmWithin: outcome.confirmWithin?.seconds,
            origin: outcome.origin.isEmpty ? nil : outcome.origin.cut,
            problems: problems.isEmpty ? nil : problems, moreProblems: more > 0 ? more : nil)
        let payload = Array(Self.json(result).utf8)
        var messages = [
            OutboundMessage(
                topic: topic + "/result", payload: payload, retain: outcome.isStanding,
                contentType: "application/json")
        ]
        if let reply = outcome.reply, reply.uplink == uplink {
            messages.append(
                OutboundMessage(
                    topic: reply.topic, payload: payload, contentType: "application/json",
                    correlation: reply.correlation))
        }
        return messages
    }

    /// The same, short, as the value of a reading.
    static func record(_ outcome: ConfigurationOutcome) -> String {
        let count = outcome.problems.count
        return json(
            Result(
                id: outcome.id.cut, state: outcome.state.rawValue,
                reason: outcome.reason.isEmpty ? nil : outcome.reason.cut,
                hash: outcome.hash.isEmpty ? nil : outcome.hash,
                confirmWithin: outcome.confirmWithin?.seconds,
                origin: outcome.origin.isEmpty ? nil : outcome.origin.cut,
                moreProblems: count > 0 ? count : nil))
    }

    private static func json(_ result: Result) -> String {
        do {
            return String(decoding: try JSONEncoder().encode(result), as: UTF8.self)
        } catch {
            return result.state
        }
    }
}

extension String {
    fileprivate var cut: String { String(prefix(ConfigurationTopics.textLimit)) }

    /// Without blanks and line breaks around it.
    fileprivate var trimmed: String {
        guard let first = firstIndex(where: { !$0.isWhitespace }),
            let last = lastIndex(where: { !$0.isWhitespace })
        else { return "" }
        return String(self[first...last])
    }
}
