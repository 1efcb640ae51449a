import Boards
import Glibc
import Platform
import Settings
import Telemetry

extension CommissioningRecord {
    /// The devices of a configuration, as far as it can be read.
    public static func devices(of file: SettingsFile) -> [Device] {
        guard let devices = file.root?["devices"] else { return [] }
        return devices.keys.map { name in
            let device = devices[name]
            func text(_ keys: String...) -> String? {
                keys.lazy.compactMap { device?[$0]?.text }.first
            }
            return Device(
                name: name, bus: text("bus", "chip") ?? "-",
                address: text("unit-id", "address") ?? "-",
                kind: text("profile", "driver") ?? "-")
        }
    }
}

extension CommissioningRecord.Configuration {
    /// The configuration in a file.
    public init(of file: SettingsFile, path: String) {
        self.init(path: path, hash: file.root == nil ? nil : SHA256.hex(of: file.bytes))
    }
}

extension CommissioningRecord.Software {
    /// The versions of this machine.
    public init(armadio: String) {
        var name = utsname()
        uname(&name)
        let kernel = withUnsafeBytes(of: &name.release) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        self.init(armadio: armadio, kernel: kernel, system: Self.system)
    }

    /// The distribution's name (os-release(5)).
    private static var system: String {
        let text = SettingsFile.text(path: "/etc/os-release", limit: 64 << 10) ?? ""
        let key = "PRETTY_NAME="
        let line = text.split(separator: "\n").first { $0.hasPrefix(key) }
        return line.map { String($0.dropFirst(key.count)).replacing("\"", with: "") } ?? "not known"
    }
}
