import Telemetry

/// What a device's profile turned out to be.
public enum ProfileLookup: Sendable {
    /// A profile without problems.
    case found(DeviceProfile)
    /// There is one, with these problems in its own file.
    case broken([SettingsProblem])
    /// There is none of this name.
    case unknown(mend: String)
}

extension SettingsFile {
    /// The same file with the devices' profiles in it: a device that names one has its keys and
    /// points, as far as it does not say otherwise itself.
    ///
    /// A profile without problems of its own can only go wrong by what the configuration adds. So
    /// all that comes from it stands, for messages, where the configuration names it.
    ///
    /// - Parameter find: Looks a profile up; called once for each name.
    public func applying(profiles find: (String) -> ProfileLookup) -> SettingsFile {
        guard let root, let value = root.value, let devices = value.entry("devices")?.value,
            let entries = devices.entries,
            entries.contains(where: { $0.value.entry("profile") != nil })
        else { return self }
        var merge = ProfileMerge(file: self, root: value)
        var known: [String: ProfileLookup] = [:]
        var merged: [YAMLEntry] = []
        for entry in entries {
            guard let name = entry.value.entry("profile")?.value.text else {
                merged.append(entry)
                continue
            }
            let lookup = known[name] ?? find(name)
            known[name] = lookup
            if let device = merge.device(entry, lookup, name) { merged.append(device) }
        }
        let whole = (value.entries ?? []).map { entry in
            entry.key == "devices"
                ? YAMLEntry(
                    key: entry.key, keyPosition: entry.keyPosition,
                    value: devices.with(entries: merged))
                : entry
        }
        return with(root: value.with(entries: whole))
    }
}

/// Brings profiles into the tree of a configuration.
private struct ProfileMerge {
    /// The most values a configuration has with all its profiles: a thousand devices of forty
    /// points, in some tens of megabytes while it is read.
    static let nodes = 400_000

    let file: SettingsFile
    var tree: TreeGrowth

    init(file: SettingsFile, root: YAMLNode) {
        self.file = file
        tree = TreeGrowth(behind: root)
    }

    /// A device with its profile; nil if it is left out because of problems that are reported.
    mutating func device(
        _ device: YAMLEntry, _ lookup: ProfileLookup, _ name: String
    ) -> YAMLEntry? {
        let path = ["devices", device.key]
        switch lookup {
        case .unknown(let mend):
            report(path + ["profile"], "there is no profile `\(name.prefix(80))`", mend)
        case .broken(let problems): file.adopt(problems)
        case .found(let profile):
            if let driver = device.value.entry("driver")?.value.text, driver != "register-map" {
                report(
                    path + ["driver"], "a device with a profile has the driver `register-map`",
                    "remove `driver`")
            } else if tree.count > Self.nodes {
                report(path, "there are too many devices with profiles", "split the cabinet in two")
            } else if let own = profile.file.root?.value {
                let place = device.value.entry("profile")?.value.start ?? device.keyPosition
                return YAMLEntry(
                    key: device.key, keyPosition: device.keyPosition,
                    value: merged(device, with: own, at: place))
            }
        }
        return nil
    }

    private mutating func merged(
        _ device: YAMLEntry, with profile: YAMLNode, at place: TextPosition
    ) -> YAMLNode {
        var entries: [YAMLEntry] = []
        for entry in device.value.entries ?? [] where !["points", "only"].contains(entry.key) {
            entries.append(entry)
        }
        for entry in profile.entries ?? []
        where entry.key != "points" && !ProfileSettings.ownKeys.contains(entry.key)
            && device.value.entry(entry.key) == nil
        {
            entries.append(tree.copy(entry, to: place))
        }
        if device.value.entry("driver") == nil {
            let driver = tree.scalar("register-map", at: place)
            entries.append(YAMLEntry(key: "driver", keyPosition: place, value: driver))
        }
        entries.append(points(of: device, with: profile, at: place))
        return device.value.with(entries: entries)
    }

    // MARK: Points

    private mutating func points(
        of device: YAMLEntry, with profile: YAMLNode, at place: TextPosition
    ) -> YAMLEntry {
        let own = device.value.entry("points")
        // What is no mapping is left as it is, for the decoder to say so.
        if let own, own.value.entries == nil { return own }
        let offered = profile.entry("points")?.value.entries ?? []
        let chosen = selection(of: device, among: offered.map(\.key))
        var entries: [YAMLEntry] = []
        for point in offered where chosen?.contains(point.key) ?? true {
            entries.append(merged(own?.value.entry(point.key), with: point, at: place))
        }
        for point in own?.value.entries ?? []
        where !entries.contains(where: { $0.key == point.key }) {
            if offered.contains(where: { $0.key == point.key }) {
                report(
                    ["devices", device.key, "only"], "`\(point.key)` is set but not chosen",
                    "add it to `only`, or remove it from `points`")
            } else {
                entries.append(point)
            }
        }
        return YAMLEntry(
            key: "points", keyPosition: own?.keyPosition ?? place,
            value: own?.value.with(entries: entries) ?? tree.mapping(entries, at: place))
    }

    /// A point as the profile has it, but for what the configuration says.
    private mutating func merged(
        _ own: YAMLEntry?, with point: YAMLEntry, at place: TextPosition
    ) -> YAMLEntry {
        guard let own else { return tree.copy(point, to: place) }
        guard let ownEntries = own.value.entries else { return own }
        let isMoved = ownEntries.contains { Self.addresses.contains($0.key) }
        var entries = ownEntries
        for entry in point.value.entries ?? []
        where own.value.entry(entry.key) == nil
            && !(isMoved && Self.addresses.contains(entry.key))
        {
            entries.append(tree.copy(entry, to: place))
        }
        return YAMLEntry(
            key: own.key, keyPosition: own.keyPosition, value: own.value.with(entries: entries))
    }

    /// A point has one of these.
    private static let addresses: Set<String> = ["holding", "input", "coil", "discrete"]

    /// The names in `only`; nil for all.
    private func selection(of device: YAMLEntry, among names: [String]) -> Set<String>? {
        guard let only = device.value.entry("only")?.value else { return nil }
        let path = ["devices", device.key, "only"]
        guard case .sequence(let items) = only.content, !items.isEmpty else {
            report(path, "`only` is a list of points", "write it as [a, b], or remove it")
            return nil
        }
        let chosen = items.compactMap(\.text)
        let unknown = chosen.indices.filter { !names.contains(chosen[$0]) }
        for index in unknown {
            report(
                path + [String(index)],
                "the profile has no point `\(chosen[index].prefix(80))`",
                Spelling.suggestion(for: chosen[index], among: names)
                    ?? "possible: " + names.prefix(16).joined(separator: ", "))
        }
        return unknown.isEmpty ? Set(chosen) : nil
    }

    private func report(_ path: [String], _ what: String, _ mend: String) {
        file.report(path, what, mend)
    }
}

extension YAMLNode {
    fileprivate var text: String? {
        if case .scalar(let text, _) = content { text } else { nil }
    }
}
