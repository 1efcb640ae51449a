import Telemetry

/// The topics below `armadio/{gateway}/` by which a platform speaks to a gateway whose session has
/// no such language of its own:
///
/// | topic | who | what |
/// |---|---|---|
/// | `command/{device}/{point}` | platform | a command, once: `{"value":21.5,"id":"a7","expiry":"2026-11-26T19:00:00Z"}`; or the bare value, with `id`, `expiry` and `origin` as MQTT 5 user properties |
/// | `command/{device}/{point}/result` | gateway | `{"id":"a7","result":"done","value":21.5}`, or `refused` or `failed` with a `reason`; to the response topic instead where the command names one |
/// | `desired/{device}/{point}` | platform, retained | the same as a wanted state that stays; an empty message takes it back |
/// | `reported/{device}/{point}` | gateway, retained | what became of the wanted state |
/// | `committed` | platform | `{"journal":"0000000000000abc","epoch":3,"committed":1200}` |
///
/// A configuration goes over topics of its own (`ConfigurationTopics` of the gateway):
/// `configuration`, `configuration/confirm` and `configuration/result`.
///
/// An expiry is ISO 8601 or seconds since 1970. A retained command is not carried out: it would be
/// again after every reconnect.
public struct PlatformTopics: Sendable {
    /// The longest response topic used, in bytes.
    static let responseTopicLimit = 512

    private let prefix: String

    /// The topics of a gateway.
    public init(gateway: String) {
        prefix = "armadio/\(gateway)/"
    }

    /// The topic filters to hear.
    public var subscriptions: [String] {
        [prefix + "command/+/+", prefix + "desired/+/+", prefix + "committed"]
    }

    /// What a message asks; nothing if its topic is none of these.
    public func receive(_ message: InboundMessage) -> [SessionRequest] {
        guard message.topic.hasPrefix(prefix) else { return [] }
        let levels = message.topic.dropFirst(prefix.count)
            .split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        switch (levels.first, levels.count) {
        case ("committed", 1): return [WatermarkMessage.read(message.payload)]
        case ("command", 3):
            guard !message.isRetained else {
                return [.flaw("a retained command is not carried out; publish it without retain")]
            }
            return [command(message, levels[1], levels[2])]
        case ("desired", 3):
            if message.payload.isEmpty { return [] }
            return [command(message, levels[1], levels[2], isDesired: true)]
        default: return []
        }
    }

    private func command(
        _ message: InboundMessage, _ device: String, _ point: String, isDesired: Bool = false
    ) -> SessionRequest {
        let content: CommandMessage
        do {
            content = try CommandMessage(message)
        } catch {
            return .flaw(error.description)
        }
        return .command(
            PlatformCommand(
                device: device, point: point, value: content.value, id: content.id,
                origin: content.origin, expiry: content.expiry, isDesired: isDesired,
                responseTopic: responseTopic(of: message),
                correlation: message.correlation))
    }

    /// The topic that the answer to a message may go to, if it names one that is fit for it.
    public func responseTopic(of message: InboundMessage) -> String? {
        message.responseTopic.flatMap(usable)
    }

    /// A topic that an answer may go to: one to publish to (MQTT 5 section 4.7), not the broker's
    /// own, and not below the gateway's, where it would pass for something else.
    private func usable(_ topic: String) -> String? {
        guard (1...Self.responseTopicLimit).contains(topic.utf8.count), !topic.hasPrefix("$"),
            !topic.hasPrefix(prefix), !topic.unicodeScalars.contains("\u{FFFD}"),
            !topic.utf8.contains(where: { $0 == 0 || "+#".utf8.contains($0) })
        else { return nil }
        return topic
    }

    /// What the platform is told of a command.
    public func answer(_ outcome: CommandOutcome, to command: PlatformCommand)
        -> [OutboundMessage]
    {
        let result = prefix + "command/\(command.path)/result"
        let topic =
            command.isDesired
            ? prefix + "reported/\(command.path)" : command.responseTopic ?? result
        return [
            OutboundMessage(
                topic: topic, payload: outcome.json(id: command.id), retain: command.isDesired,
                contentType: "application/json", correlation: command.correlation)
        ]
    }
}
