import Glibc
import Telemetry

/// What is possible and yet a mistake more often than not: told, and no problem.
struct Remarks {
    private let file: SettingsFile
    private var found: [SettingsProblem] = []

    /// Data sheets count registers from 1 and put the kind before the number, as PLCs of the
    /// seventies did; on the wire there is the address alone, from 0.
    private static let conventions: KeyValuePairs = [
        "holding": 40001...49999, "input": 30001...39999, "discrete": 10001...19999,
    ]

    /// The remarks about a file, in the order of their places.
    static func about(_ file: SettingsFile) -> [SettingsProblem] {
        guard let root = file.root else { return [] }
        var remarks = Remarks(file: file)
        remarks.lookAtDevices(root["devices"])
        let uplinks = root["uplinks"]
        for uplink in [root["uplink"]] + (uplinks?.keys ?? []).map({ uplinks?[$0] }) {
            remarks.lookAtFiles(below: uplink)
            remarks.lookAtEncryption(of: uplink)
        }
        return remarks.found.sorted {
            ($0.location?.position ?? .start) < ($1.location?.position ?? .start)
        }
    }

    private init(file: SettingsFile) { self.file = file }

    private mutating func add(_ path: [String], _ what: String, _ mend: String) {
        guard found.count < SettingsLimits.problems else { return }
        found.append(
            SettingsProblem(path: path, what: what, mend: mend, location: file.locate(path)))
    }

    private mutating func lookAtDevices(_ devices: SettingsNode?) {
        var units: [[String]: String] = [:]
        for name in devices?.keys ?? [] {
            guard let device = devices?[name] else { continue }
            for point in device["points"]?.keys ?? [] {
                lookAtPoint(device["points"]?[point], point)
            }
            guard let bus = device["bus"]?.text, let unit = device["unit-id"]?.text else {
                continue
            }
            if let other = units.updateValue(name, forKey: [bus, unit]) {
                add(
                    ["devices", name, "unit-id"],
                    "`\(other)` on `\(bus)` has the unit id \(unit) too",
                    "right only if both are one and the same device")
            }
        }
    }

    private mutating func lookAtPoint(_ point: SettingsNode?, _ name: String) {
        guard let point else { return }
        for (kind, numbers) in Self.conventions {
            guard let text = point[kind]?.text, let number = Int(text), numbers.contains(number)
            else { continue }
            add(
                point.path + [kind], "`\(kind)` is the address on the wire, from 0",
                "if \(number) is a number of the data sheet, where "
                    + "\(numbers.lowerBound) is the first one, write \(kind): "
                    + "\(number - numbers.lowerBound)")
        }
        if point["unit"]?.text == "C" {
            add(point.path + ["unit"], "`C` is coulomb", "write Cel for degrees Celsius")
        }
    }

    /// Who is on the way reads a password that is sent without TLS.
    private mutating func lookAtEncryption(of uplink: SettingsNode?) {
        guard let uplink, uplink["password"] != nil, let brokers = uplink["broker"] else { return }
        for node in brokers.text == nil ? brokers.items : [brokers] {
            guard let text = node.text, let broker = try? BrokerAddress(text: text),
                !broker.usesTLS, !broker.isThisMachine
            else { continue }
            add(
                node.path, "the password goes to \(broker.host) unencrypted",
                "write mqtts://\(broker.host); right only where the network is your own")
        }
    }

    /// On another machine than the cabinet not even their folders are there.
    private mutating func lookAtFiles(below uplink: SettingsNode?) {
        guard let uplink else { return }
        let holders = [
            ["password"], ["tls", "ca"], ["tls", "certificate"], ["tls", "key"],
            ["tls", "psk", "key"],
        ]
        for keys in holders {
            guard let node = keys.reduce(uplink, { $0?[$1] }),
                let path = node.text ?? node["file"]?.text, let slash = path.lastIndex(of: "/"),
                slash > path.startIndex, access(String(path[..<slash]), F_OK) == 0,
                access(path, F_OK) != 0, errno == ENOENT
            else { continue }
            add(
                node.path + (node.text == nil ? ["file"] : []), "there is no file \(path)",
                "bring it there, or check the name")
        }
    }
}

extension SettingsFile {
    /// What is possible and yet a mistake more often than not.
    public var remarks: [SettingsProblem] { Remarks.about(self) }
}
