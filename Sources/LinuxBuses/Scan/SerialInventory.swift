import Glibc
import Platform

/// A serial port of the machine.
public struct SerialInventory: Sendable, Hashable {
    /// Its device node.
    public var path: String
    /// Other names of the same port that stay over restarts, the best first.
    public var links: [String]
    /// What it is: the adapter's maker and name, or the kernel's driver.
    public var kind: String
    /// The programs that have it open, as far as they can be seen.
    public var users: [String]

    /// A port.
    public init(path: String, links: [String], kind: String, users: [String]) {
        (self.path, self.links, self.kind, self.users) = (path, links, kind, users)
    }

    /// All ports with hardware behind them. Blocks.
    ///
    /// - Parameter root: Where /dev, /proc and /sys are; empty for this machine.
    public static func ports(root: String = "") -> [SerialInventory] {
        let links = Links(root: root)
        let users = Users(root: root)
        return Folder(root + "/sys/class/tty").names.compactMap { name in
            let folder = Folder(root + "/sys/class/tty/" + name)
            // A port of the 8250's list that has no chip behind it has the type 0.
            guard let device = folder.target("device"), folder.text("type") != "0" else {
                return nil
            }
            let path = root + "/dev/" + name
            return SerialInventory(
                path: path, links: links.to(path), kind: kind(of: device, root: root),
                users: users.of(path))
        }
    }

    /// The USB adapter above the port, or else the driver of its device.
    private static func kind(of device: String, root: String) -> String {
        var path = device
        while path.contains("/devices/") {
            let folder = Folder(path)
            if let vendor = folder.text("idVendor"), let product = folder.text("idProduct") {
                let words = [folder.text("manufacturer"), folder.text("product")]
                    .compactMap { $0 }.joined(separator: " ")
                let serial = folder.text("serial").map { ", serial number \($0)" } ?? ""
                return "USB \(vendor):\(product) \(words)\(serial)"
            }
            guard let slash = path.lastIndex(of: "/") else { break }
            path = String(path[..<slash])
        }
        let driver = Folder(device).target("driver")?.split(separator: "/").last
        return driver.map { "the board's, \($0)" } ?? "the board's"
    }

    /// Links to ports, by what they lead to.
    private struct Links {
        /// Names that udev gives by board and socket, by adapter, by place; and the board's own.
        private static let folders = ["armadio", "serial/by-id", "serial/by-path"]
        private var byTarget: [String: [String]] = [:]

        init(root: String) {
            for folder in Self.folders {
                let links = Folder("\(root)/dev/\(folder)")
                for name in links.names {
                    guard let target = links.target(name) else { continue }
                    byTarget[target, default: []].append(links.path + "/" + name)
                }
            }
            for name in ["serial0", "serial1"] {
                guard let target = Folder(root + "/dev").target(name), !target.hasSuffix(name)
                else { continue }
                byTarget[target, default: []].append("\(root)/dev/\(name)")
            }
        }

        func to(_ path: String) -> [String] { byTarget[path] ?? [] }
    }

    /// Who has what open, by /proc. Only root sees that of others.
    private struct Users {
        private var byPath: [String: [String]] = [:]

        init(root: String) {
            for process in Folder(root + "/proc").names where Int(process) != nil {
                let folder = Folder("\(root)/proc/\(process)")
                let open = Folder(folder.path + "/fd")
                let name = folder.text("comm") ?? process
                for path in Set(open.names.compactMap { open.target($0) })
                where path.contains("/tty") {
                    byPath[path, default: []].append("\(name) (\(process))")
                }
            }
        }

        func of(_ path: String) -> [String] { byPath[path] ?? [] }
    }
}
