import Glibc

/// Device nodes that a bus's path may be.
enum DeviceNodes {
    /// So many entries of a folder are looked at.
    private static let limit = 4096

    /// Serial ports that have hardware behind them, by the names that last.
    static func serialPorts(from word: String) -> [String] {
        guard word.hasPrefix("/") else { return [] }
        let kinds = ["ttyUSB", "ttyACM", "ttyAMA", "ttyRS485", "ttySC", "ttyO", "ttymxc"]
        return names(in: "/dev/serial/by-id") + names(in: "/dev/armadio")
            + names(in: "/dev").filter { path in kinds.contains { path.hasPrefix("/dev/" + $0) } }
    }

    /// I2C adapters.
    static func adapters(from word: String) -> [String] {
        word.hasPrefix("/") ? names(in: "/dev").filter { $0.hasPrefix("/dev/i2c-") } : []
    }

    private static func names(in folder: String) -> [String] {
        guard let handle = opendir(folder) else { return [] }
        defer { closedir(handle) }
        var names: [String] = []
        while names.count < limit, let entry = readdir(handle) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { name in
                name.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if !name.hasPrefix(".") { names.append(folder + "/" + name) }
        }
        return names.sorted()
    }
}
