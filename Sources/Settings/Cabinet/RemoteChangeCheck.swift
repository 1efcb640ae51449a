/// Looks for what a platform may not change in a configuration that it sends.
///
/// Whoever may configure a cabinet decides what it reads and where that goes. It must not become
/// more than that: run programs, have files read or sent with the gateway's rights, get at the
/// other platforms' passwords, or give itself rights that the file on the cabinet does not give.
/// The rules compare the trees as they are written, with aliases resolved:
///
/// | stays as it is | unless the uplink allows |
/// |---|---|
/// | `gateway`, `journal`, `control`, which take effect at the next start only: no trial proves them | |
/// | `metrics`, which opens ports and sockets | |
/// | `configuration` of every uplink; TLS of the own one, once it has it | |
/// | other uplinks; the own one's `broker` while it has a password | `uplinks` |
/// | the own uplink's `commands` | `commands` |
/// | the own uplink's `password`, `tls`; every text that begins with / (but serial ports and I2C adapters) | `files` |
/// | devices with the driver `exec`; they may be removed | `exec` |
struct RemoteChangeCheck {
    typealias Permission = RemoteConfigurationSettings.Permission

    let old: SettingsFile
    let new: SettingsFile
    /// The uplink that the configuration comes over.
    let uplink: String
    let allowed: Set<Permission>

    func run() {
        for key in ["gateway", "journal", "control"] {
            same(old.root?[key], new.root?[key], [key], "`\(key)` takes effect at a start only")
        }
        same(
            old.root?["metrics"], new.root?["metrics"], ["metrics"],
            "`metrics` opens ports and sockets")
        checkUplinks()
        if !allowed.contains(.exec) { checkPrograms() }
        if !allowed.contains(.files), let root = new.root {
            for key in root.keys where !key.hasPrefix("x-") {
                if let node = root[key] { checkPaths(node, old.root?[key]) }
            }
        }
    }

    // MARK: Uplinks

    private func checkUplinks() {
        let (before, after) = (old.uplinkNodes, new.uplinkNodes)
        for (name, path, node) in after {
            let known = before.first { $0.name == name }?.node
            same(
                known?["configuration"], node["configuration"], path + ["configuration"],
                "what platforms may change")
            if name == uplink, let known {
                checkOwn(known, node, path)
            } else {
                other(known, node, path)
            }
        }
        for (name, path, node) in before where !after.contains(where: { $0.name == name }) {
            other(node, nil, path)
        }
    }

    private func other(_ old: SettingsNode?, _ new: SettingsNode?, _ path: [String]) {
        unless(.uplinks, old, new, path, "another platform's uplink")
    }

    private func checkOwn(_ old: SettingsNode, _ new: SettingsNode, _ path: [String]) {
        unless(.commands, old["commands"], new["commands"], path + ["commands"], "`commands`")
        for key in ["password", "tls"] {
            unless(.files, old[key], new[key], path + [key], "`\(key)`")
        }
        let (before, after) = (old["broker"]?.text ?? "", new["broker"]?.text ?? "")
        if old["password"] != nil {
            unless(
                .uplinks, old["broker"], new["broker"], path + ["broker"],
                "the broker that a password goes to")
        }
        if before.hasPrefix("mqtts:"), !after.hasPrefix("mqtts:") {
            report(path + ["broker"], "TLS is not given up from afar", Self.byHand)
        }
    }

    // MARK: Programs and files

    private func checkPrograms() {
        guard let devices = new.root?["devices"] else { return }
        for name in devices.keys where devices[name]?["driver"]?.text == "exec" {
            unless(
                .exec, old.root?["devices"]?[name], devices[name], ["devices", name],
                "a program that runs on the cabinet")
        }
    }

    /// Whether every path in this tree stood at the same place.
    private func checkPaths(_ node: SettingsNode, _ old: SettingsNode?) {
        if let text = node.text, text.hasPrefix("/"), old?.text != text, !isPort(text, node.path) {
            report(
                node.path, "a platform may not name the file `\(text.prefix(80))`",
                Self.advice(.files))
        }
        for key in node.keys {
            if let child = node[key] { checkPaths(child, old?[key]) }
        }
        let items = old?.items ?? []
        for (index, item) in node.items.enumerated() {
            checkPaths(item, index < items.count ? items[index] : nil)
        }
    }

    /// A bus's port or adapter. Not just any device: merely to open a watchdog arms it.
    private func isPort(_ text: String, _ path: [String]) -> Bool {
        path.first == "buses" && Self.ports.contains { text.hasPrefix($0) }
            && !text.split(separator: "/").contains("..")
    }

    /// Serial ports, those that `udev/` names too, and I2C adapters.
    private static let ports = ["/dev/tty", "/dev/serial", "/dev/armadio/", "/dev/i2c-"]

    // MARK: What is said

    private func unless(
        _ permission: Permission, _ old: SettingsNode?, _ new: SettingsNode?, _ path: [String],
        _ what: String
    ) {
        guard !allowed.contains(permission), old != new else { return }
        report(path, "a platform may not change \(what)", Self.advice(permission))
    }

    private func same(
        _ old: SettingsNode?, _ new: SettingsNode?, _ path: [String], _ reason: String
    ) {
        guard old != new else { return }
        report(path, "a platform may not change this: \(reason)", Self.byHand)
    }

    private static let byHand = "leave it as it is, or change it on the cabinet"

    private static func advice(_ permission: Permission) -> String {
        "\(byHand), or write there `configuration: {allow: [\(permission.rawValue)]}`"
    }

    private func report(_ path: [String], _ what: String, _ mend: String) {
        new.report(path, what, mend)
    }
}

extension SettingsFile {
    /// Reports what the platform of an uplink may not change.
    ///
    /// - Parameters:
    ///   - old: The configuration in use, which says what it may.
    ///   - uplink: The uplink's name.
    ///   - allowed: What else it may change.
    public func reportRemoteChanges(
        from old: SettingsFile, over uplink: String,
        allowing allowed: [RemoteConfigurationSettings.Permission]
    ) {
        RemoteChangeCheck(old: old, new: self, uplink: uplink, allowed: Set(allowed)).run()
    }

    /// The uplinks by their names, with the keys that lead to them.
    fileprivate var uplinkNodes: [(name: String, path: [String], node: SettingsNode)] {
        if let several = root?["uplinks"] {
            return several.keys.compactMap { name in
                several[name].map { (name, ["uplinks", name], $0) }
            }
        }
        let name = CabinetSettings.onlyUplink
        return root?[name].map { [(name, [name], $0)] } ?? []
    }
}
