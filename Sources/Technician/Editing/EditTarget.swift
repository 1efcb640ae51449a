import Settings
import Telemetry

/// What a command that edits the configuration is about.
public enum EditTarget {
    /// The kinds of things that can be named.
    public enum Kind: String, CaseIterable, Sendable {
        case device, bus, point, uplink

        /// The path of a thing of this kind.
        public func path(_ name: String, in root: SettingsNode?) throws(Assignment.Flaw) -> [String]
        {
            switch self {
            case .device: return ["devices", name]
            case .bus: return ["buses", name]
            case .uplink: return EditTarget.uplink(name, in: root)
            case .point:
                let parts = name.split(separator: "/", maxSplits: 1).map(String.init)
                guard parts.count == 2 else {
                    throw Assignment.Flaw(
                        description: "`\(name)` is no point; write DEVICE/POINT, such as "
                            + "meter-1/voltage")
                }
                return ["devices", parts[0], "points", parts[1]]
            }
        }
    }

    private static func uplink(_ name: String, in root: SettingsNode?) -> [String] {
        let isOnly = name == CabinetSettings.onlyUplink && root?["uplinks"] == nil
        return isOnly ? ["uplink"] : ["uplinks", name]
    }

    /// The path that a word means: DEVICE/POINT; the name of a device, bus or uplink; or keys with
    /// dots between them, where a key may have dots itself.
    public static func path(
        _ word: String, in root: SettingsNode?
    ) throws(Assignment.Flaw) -> [String] {
        if word.contains("/") { return try Kind.point.path(word, in: root) }
        if root?[word] != nil { return [word] }
        for section in ["devices", "buses", "uplinks"] where root?[section]?[word] != nil {
            return [section, word]
        }
        let path = keys(of: word.split(separator: ".").map(String.init)[...], in: root)
        guard let first = path.first, first.hasPrefix("x-") || sections.contains(first) else {
            throw unknown(word, in: root)
        }
        return path
    }

    /// The keys of a configuration's top level.
    private static let sections = [
        "gateway", "board", "uplink", "uplinks", "journal", "control", "telemetry", "watchdog",
        "buses", "devices",
    ]

    private static func unknown(_ word: String, in root: SettingsNode?) -> Assignment.Flaw {
        let names = ["devices", "buses", "uplinks"].flatMap { root?[$0]?.keys ?? [] }
        let advice =
            Spelling.suggestion(for: word, among: names + sections)
            ?? "write DEVICE/POINT, the name of a device, bus or uplink, or keys with dots between "
            + "them, such as telemetry.interval"
        return Assignment.Flaw(
            description: "there is no device, bus, uplink or key `\(word)`; \(advice)")
    }

    private static func keys(of parts: ArraySlice<String>, in node: SettingsNode?) -> [String] {
        guard !parts.isEmpty else { return [] }
        for count in stride(from: parts.count, to: 1, by: -1) {
            let key = parts.prefix(count).joined(separator: ".")
            if let next = node?[key] { return [key] + keys(of: parts.dropFirst(count), in: next) }
        }
        let key = parts[parts.startIndex]
        let next =
            node?[key]
            ?? Int(key).flatMap { index in
                node?.items.indices.contains(index) == true ? node?.items[index] : nil
            }
        return [key] + keys(of: parts.dropFirst(), in: next)
    }

    /// Why something may not be removed; nil if nothing uses it.
    public static func use(of path: [String], in root: SettingsNode?) -> Assignment.Flaw? {
        guard path.count == 2, path[0] == "buses" else { return nil }
        let devices = root?["devices"]
        let users = devices?.keys.filter { devices?[$0]?["bus"]?.text == path[1] } ?? []
        guard !users.isEmpty else { return nil }
        return Assignment.Flaw(
            description: "the bus `\(path[1])` is used by \(users.joined(separator: ", ")); remove "
                + "or move \(users.count == 1 ? "it" : "them") first")
    }
}
