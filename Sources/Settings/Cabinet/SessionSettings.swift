import Telemetry

/// The language that an uplink speaks, by its name alone or with what there is to say of it:
/// `session: sparkplug`, or `session: {sparkplug: {group: city}}`.
public enum SessionSettings: Hashable, Sendable {
    /// SenML (RFC 8428).
    case senml(SenML)
    /// Armadio's own columns: the fewest bytes.
    case compact
    /// Sparkplug B 3.0.
    case sparkplug(Sparkplug)
    /// FIWARE IoT Agent for JSON.
    case fiware(Fiware)
    /// Home Assistant's MQTT discovery.
    case homeassistant(HomeAssistant)

    /// Of SenML.
    public struct SenML: Hashable, Sendable, Decodable {
        /// How records are written.
        public enum Encoding: String, CaseIterable, Sendable, Decodable { case json, cbor }
        /// How payloads are made smaller.
        public enum Compression: String, CaseIterable, Sendable, Decodable {
            case none, zstd, deflate
        }

        /// JSON unless given.
        public var encoding = Encoding.json
        /// None unless given.
        public var compression = Compression.none

        private enum CodingKeys: CodingKey { case encoding, compression }

        /// The defaults.
        public init() {}

        public init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            encoding = try container.decodeIfPresent(Encoding.self, forKey: .encoding) ?? encoding
            compression =
                try container.decodeIfPresent(Compression.self, forKey: .compression)
                ?? compression
        }
    }

    /// Of Sparkplug B.
    public struct Sparkplug: Hashable, Sendable, Decodable {
        /// How payloads are made smaller.
        public enum Compression: String, CaseIterable, Sendable, Decodable {
            case none, gzip, deflate
        }

        /// The group id; `armadio` unless given.
        public var group = "armadio"
        /// The edge node id; the gateway's name unless given.
        public var node: String?
        /// The host without which nothing is sent; none unless given.
        public var primaryHost: String?
        /// None unless given.
        public var compression = Compression.none

        private enum CodingKeys: CodingKey { case group, node, primaryHost, compression }

        /// The defaults.
        public init() {}

        public init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            group = try container.decodeIfPresent(String.self, forKey: .group) ?? group
            node = try container.decodeIfPresent(String.self, forKey: .node)
            primaryHost = try container.decodeIfPresent(String.self, forKey: .primaryHost)
            compression =
                try container.decodeIfPresent(Compression.self, forKey: .compression)
                ?? compression
        }
    }

    /// Of FIWARE.
    public struct Fiware: Hashable, Sendable, Decodable {
        /// The service group's API key: a level of the topics.
        public var apiKey: String
    }

    /// Of Home Assistant.
    public struct HomeAssistant: Hashable, Sendable, Decodable {
        /// The discovery prefix; `homeassistant` unless given.
        public var prefix = "homeassistant"

        private enum CodingKeys: CodingKey { case prefix }

        /// The default.
        public init() {}

        public init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            prefix = try container.decodeIfPresent(String.self, forKey: .prefix) ?? prefix
        }
    }
}

extension SessionSettings: Decodable {
    private static let names = ["senml", "compact", "sparkplug", "fiware", "homeassistant"]

    private enum CodingKeys: CodingKey { case senml, compact, sparkplug, fiware, homeassistant }
    private struct Nothing: Decodable { init(from decoder: any Decoder) throws {} }

    public init(from decoder: any Decoder) throws {
        let node = try decoder.singleValueContainer().decode(SettingsNode.self)
        if let name = node.text, !name.isEmpty {
            self = Self.named(name, node)
            return
        }
        self = .senml(SenML())
        guard !node.isAbsent else { return }
        let container = try decoder.container(keyedBy: CodingKeys.self)
        if node.keys.count == 1, let session = try Self.detailed(container) {
            self = session
        } else if node.keys.count != 1 || !Self.names.contains(node.keys[0]) {
            node.allow(node.keys)
            node.problem("\(node.subject) must be one language", mend: Self.advice)
        }
    }

    private static let advice = "write one of: " + names.joined(separator: ", ")

    private static func named(_ name: String, _ node: SettingsNode) -> SessionSettings {
        switch name {
        case "senml": return .senml(SenML())
        case "compact": return .compact
        case "sparkplug": return .sparkplug(Sparkplug())
        case "homeassistant": return .homeassistant(HomeAssistant())
        case "fiware":
            node.problem(
                "`fiware` needs the service group's API key",
                mend: "write {fiware: {api-key: KEY}}")
        default:
            node.problem(
                "there is no session `\(name.prefix(40))`",
                mend: Spelling.suggestion(for: name, among: names) ?? advice)
        }
        return .senml(SenML())
    }

    private static func detailed(
        _ container: KeyedDecodingContainer<CodingKeys>
    ) throws -> SessionSettings? {
        if let senml = try container.decodeIfPresent(SenML.self, forKey: .senml) {
            return .senml(senml)
        }
        if let sparkplug = try container.decodeIfPresent(Sparkplug.self, forKey: .sparkplug) {
            return .sparkplug(sparkplug)
        }
        if let fiware = try container.decodeIfPresent(Fiware.self, forKey: .fiware) {
            return .fiware(fiware)
        }
        if let home = try container.decodeIfPresent(HomeAssistant.self, forKey: .homeassistant) {
            return .homeassistant(home)
        }
        if try container.decodeIfPresent(Nothing.self, forKey: .compact) != nil { return .compact }
        return nil
    }
}
