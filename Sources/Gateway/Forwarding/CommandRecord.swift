import JSON
import Settings
import Telemetry
import Uplink

/// A command and what became of it, as a reading of the gateway itself.
struct CommandRecord {
    /// The point that these readings are of.
    static let point = Point(
        device: TelemetrySettings.device, name: "command", isUrgent: true)

    let command: PlatformCommand
    let outcome: CommandOutcome
    let uplink: String

    /// What is told; texts are cut at `textLimit`.
    private struct Content: Encodable {
        var point: String
        var value: String
        var uplink: String
        var result: String
        var id: String?
        var origin: String?
        var reason: String?
    }

    /// The longest of its texts, in characters.
    static let textLimit = 200

    /// A JSON object: `point`, `value`, `uplink`, `result`, and `id`, `origin`, `reason` where
    /// there are some.
    var text: String {
        let content = Content(
            point: cut(command.path) ?? "", value: cut("\(command.value)") ?? "", uplink: uplink,
            result: outcome.result.rawValue, id: cut(command.id), origin: cut(command.origin),
            reason: cut(outcome.reason))
        do {
            return String(decoding: try JSONEncoder().encode(content), as: UTF8.self)
        } catch {
            return sentence
        }
    }

    private func cut(_ text: String) -> String? {
        text.isEmpty ? nil : String(text.prefix(Self.textLimit))
    }

    /// The same for the log.
    var sentence: String {
        let who = command.origin.isEmpty ? uplink : "\(command.origin.prefix(80)) (\(uplink))"
        let why = outcome.reason.isEmpty ? "" : ": \(outcome.reason)"
        return "command of \(who): \(command.path.prefix(160)) to "
            + "\("\(command.value)".prefix(80)): \(outcome.result.rawValue)\(why)"
    }
}

/// The last commands with an id: one that comes twice is answered again, not done again.
struct CommandMemory {
    /// How many are remembered.
    static let limit = 256

    private var outcomes: [String: CommandOutcome] = [:]
    private var order: [String] = []

    /// How the same command ended before; nil if it is new or has no id.
    func outcome(of command: PlatformCommand) -> CommandOutcome? {
        command.id.isEmpty ? nil : outcomes[key(command)]
    }

    mutating func note(_ outcome: CommandOutcome, of command: PlatformCommand) {
        guard !command.id.isEmpty else { return }
        let key = key(command)
        if outcomes.updateValue(outcome, forKey: key) == nil { order.append(key) }
        if order.count > Self.limit { outcomes[order.removeFirst()] = nil }
    }

    private func key(_ command: PlatformCommand) -> String { command.path + " " + command.id }
}
