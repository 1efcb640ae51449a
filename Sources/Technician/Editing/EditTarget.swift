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
        let parts = word.split(separator: ".").map(String.init)
        for section in ["devices", "buses", "uplinks"] where !parts.isEmpty {
            guard root?[parts[0]] == nil, let node = root?[section]?[parts[0]] else { continue }
            return [section, parts[0]] + keys(of: parts.dropFirst(), in: node)
        }
        let path = keys(of: parts[...], in: root)
        guard let first = path.first, first.hasPrefix("x-") || sections.contains(first) else {
            throw unknown(word, in: root)
        }
        return path
    }

    /// The keys of a configuration's top level.
    private static let sections = [
        "gateway", "board", "uplink", "uplinks", "journal", "control", "telemetry", "watchdog",
        "metrics", "power-fail", "buses", "devices",
    ]

    private static func unknown(_ word: String, in root: SettingsNode?) -> Assignment.Flaw {
        let names = ["devices", "buses", "uplinks"].flatMap { root?[$0]?.keys ?? [] }
        let first = word.prefix { $0 != "." }
        let advice =
            Spelling.suggestion(for: word, among: names + sections)
            ?? Spelling.suggestion(for: String(first), among: names + sections)
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

    /// Why nothing can be changed on a path: what it names first, a device, bus, uplink or point, is
    /// not there, and is not meant to be made by a misspelling. Nil if it is there.
    public static func absence(of path: [String], in root: SettingsNode?) -> Assignment.Flaw? {
        let kinds = ["devices": Kind.device, "buses": .bus, "uplinks": .uplink]
        guard path.count >= 2, let kind = kinds[path[0]] else { return nil }
        let group = root?[path[0]]
        guard let thing = group?[path[1]] else {
            let only = kind == .uplink && root?["uplink"] != nil
            let names = only ? [CabinetSettings.onlyUplink] : group?.keys ?? []
            return absence(kind, path[1], "", path[1], among: names)
        }
        // The points of a profile are not in the file.
        guard path.count >= 4, path[2] == "points", thing["profile"] == nil,
            let points = thing["points"]?.keys, !points.isEmpty, !points.contains(path[3])
        else { return nil }
        return absence(
            .point, path[3], " in `\(path[1])`", "\(path[1])/\(path[3])", among: points)
    }

    private static func absence(
        _ kind: Kind, _ name: String, _ place: String, _ argument: String, among names: [String]
    ) -> Assignment.Flaw {
        let advice =
            Spelling.suggestion(for: name, among: names)
            ?? "`armadio add \(kind.rawValue) \(argument)` adds it"
        return Assignment.Flaw(
            description: "there is no \(kind.rawValue) `\(name)`\(place); \(advice)")
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
