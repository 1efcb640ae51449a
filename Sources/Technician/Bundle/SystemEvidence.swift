import Boards
import Glibc
import Platform
import Settings
import Telemetry

/// What the machine says of itself.
struct SystemEvidence {
    /// The most bytes of one file or program, logs aside.
    static let fileBytes = 256 << 10
    /// The most bytes of a log.
    static let logBytes = 1 << 20
    /// The most entries of a folder.
    private static let folderEntries = 4096

    private static let files: [(name: String, path: String)] = [
        ("os-release", "/etc/os-release"), ("kernel", "/proc/version"),
        ("model", "/proc/device-tree/model"), ("memory", "/proc/meminfo"),
        ("load", "/proc/loadavg"), ("uptime", "/proc/uptime"), ("modules", "/proc/modules"),
        ("mounts", "/proc/mounts"), ("interfaces", "/proc/net/dev"),
        ("resolv.conf", "/etc/resolv.conf"), ("interrupts", "/proc/interrupts"),
        ("cpu", "/proc/cpuinfo"), ("pressure-io", "/proc/pressure/io"),
    ]

    private static let programs: [(name: String, words: [String])] = [
        ("uname", ["uname", "-a"]), ("disks", ["df", "-h"]), ("inodes", ["df", "-i"]),
        ("addresses", ["ip", "address"]), ("routes", ["ip", "route"]),
        ("routes-ipv6", ["ip", "-6", "route"]), ("usb", ["lsusb"]),
        ("time", ["timedatectl", "show"]),
        ("service", ["systemctl", "status", "armadio", "--no-pager", "-n", "0"]),
    ]

    /// Where the rules of udev are that an administrator or a package of this program has put there.
    private static let ruleFolders = ["/etc/udev/rules.d", "/usr/lib/udev/rules.d"]

    static func gather(into evidence: inout Evidence) {
        for file in files {
            evidence.add("system/" + file.name) { try text(of: file.path) }
        }
        evidence.add("system/compatible") {
            DeviceTree().compatible.joined(separator: "\n") + "\n"
        }
        for program in programs {
            evidence.add("system/" + program.name, output: program.words, limit: fileBytes)
        }
        evidence.add("system/dev") { deviceNodes() }
        addRules(to: &evidence)
        evidence.add("log/kernel", keepsEnd: true, output: ["dmesg"], limit: fileBytes)
        let journal = ["journalctl", "-u", "armadio", "-n", "10000", "--no-pager", "-q"]
        evidence.add(
            "log/service", keepsEnd: true, output: journal + ["-o", "short-iso"], limit: logBytes)
    }

    private static func text(of path: String) throws -> String {
        String(decoding: try readSmallFileBytes(path, limit: fileBytes), as: UTF8.self)
            .replacing("\0", with: "\n")
    }

    private static func addRules(to evidence: inout Evidence) {
        for folder in ruleFolders {
            let isOwn = folder.hasPrefix("/etc/")
            for name in names(in: folder)
            where name.hasSuffix(".rules") && (isOwn || name.contains("armadio")) {
                evidence.add("system/udev/" + name) { try text(of: folder + "/" + name) }
            }
        }
    }

    /// The character and block devices, their modes and owners.
    private static func deviceNodes() -> String {
        ["/dev", "/dev/armadio", "/dev/serial/by-id", "/dev/serial/by-path"]
            .flatMap { folder in names(in: folder).map { folder + "/" + $0 } }
            .compactMap(line).joined(separator: "\n") + "\n"
    }

    private static func line(about path: String) -> String? {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        let kind = status.st_mode & S_IFMT
        if kind == S_IFLNK { return path + " -> " + (linkTarget(path) ?? "") }
        guard kind == S_IFCHR || kind == S_IFBLK else { return nil }
        let mode = String(status.st_mode & 0o7777, radix: 8)
        return "\(path) \(kind == S_IFCHR ? "c" : "b") \(mode) \(status.st_uid):\(status.st_gid)"
    }

    static func names(in folder: String) -> [String] {
        guard let handle = opendir(folder) else { return [] }
        defer { closedir(handle) }
        var names: [String] = []
        while names.count < folderEntries, let entry = readdir(handle) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { name in
                name.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }
}
