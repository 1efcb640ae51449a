import Glibc

/// The serial ports there are. They are looked at in /sys and /proc and never opened: opening one
/// raises RTS, which switches many an RS-485 adapter to sending.
public struct SerialPorts: Sendable {
    /// How many folders above a port its adapter is searched in; at most 6 hubs are between a port
    /// and its computer (USB 2.0 specification, section 4.1.1), each a folder.
    private static let mostParents = 16

    private let folder: SystemFolder

    /// What is below this root; nothing for the machine itself.
    public init(root: String = "") {
        folder = SystemFolder(root: root)
    }

    /// All ports by name; and whether there are programs that this user may not look at, so that
    /// a port may be in use all the same.
    public func survey() -> (ports: [SerialPortEntry], hidesUsers: Bool) {
        let links = lastingLinks
        let (users, hidesSome) = openPorts
        let names = (folder.names(in: "/sys/class/tty") ?? []).filter(isPort)
        let ports = names.map { name in
            SerialPortEntry(
                name: name, driver: driver(of: name), adapter: adapter(of: name),
                links: links[name] ?? [], users: users[name] ?? [])
        }
        return (ports, hidesSome)
    }

    /// The port that a path leads to, such as a link's; nil if there is none.
    public func port(at path: String) -> String? {
        folder.resolved(path)?.split(separator: "/").last.map(String.init)
    }

    /// Consoles and pseudo terminals have no device. A UART that the kernel provides for but is not
    /// there has the type 0, PORT_UNKNOWN (Linux kernel, include/uapi/linux/serial.h).
    private func isPort(_ name: String) -> Bool {
        let place = "/sys/class/tty/\(name)"
        guard folder.names(in: place + "/device") != nil else { return false }
        return folder.line(of: place + "/type") != "0"
    }

    /// Since Linux 6.5 two devices of the kernel's own, with the drivers `port` and `ctrl`, stand
    /// between a UART's port and its device (drivers/tty/serial/serial_base_bus.c).
    private func driver(of port: String) -> String? {
        guard var place = folder.resolved("/sys/class/tty/\(port)/device") else { return nil }
        for _ in 0..<3 {
            let name = folder.linkedName(place + "/driver")
            guard name == "port" || name == "ctrl", let above = parent(of: place) else {
                return name?.printable
            }
            place = above
        }
        return nil
    }

    private func parent(of place: String) -> String? {
        guard let end = place.lastIndex(of: "/"), end > place.startIndex else { return nil }
        return String(place[..<end])
    }

    private func adapter(of port: String) -> SerialPortEntry.Adapter? {
        guard var place = folder.resolved("/sys/class/tty/\(port)/device") else { return nil }
        for _ in 0..<Self.mostParents {
            if let vendor = folder.line(of: place + "/idVendor"),
                let product = folder.line(of: place + "/idProduct")
            {
                return SerialPortEntry.Adapter(
                    vendorID: vendor, productID: product,
                    vendor: folder.line(of: place + "/manufacturer"),
                    product: folder.line(of: place + "/product"),
                    serial: folder.line(of: place + "/serial"))
            }
            guard let above = parent(of: place) else { return nil }
            place = above
        }
        return nil
    }

    /// By port, those of udev's rules for cabinets first.
    private var lastingLinks: [String: [String]] {
        var links: [String: [String]] = [:]
        for place in ["/dev/armadio", "/dev/serial/by-id"] {
            for name in folder.names(in: place) ?? [] {
                guard let port = port(at: "\(place)/\(name)") else { continue }
                links[port, default: []].append("\(place)/\(name)")
            }
        }
        return links
    }

    /// Who has which port open, by the links of /proc/PID/fd (proc_pid_fd(5)).
    private var openPorts: (users: [String: [String]], hidesSome: Bool) {
        var (users, hidesSome) = ([String: [String]](), false)
        for process in folder.names(in: "/proc") ?? [] where Int32(process) != nil {
            guard let open = folder.names(in: "/proc/\(process)/fd") else {
                hidesSome = true
                continue
            }
            let ports = Set(open.compactMap { port(openedAs: "/proc/\(process)/fd/\($0)") })
            let program = folder.line(of: "/proc/\(process)/comm") ?? "a program"
            for port in ports { users[port, default: []].append("\(program) (\(process))") }
        }
        return (users, hidesSome)
    }

    private func port(openedAs path: String) -> String? {
        guard let target = folder.link(path), target.hasPrefix("/dev/tty") else { return nil }
        return String(target.dropFirst("/dev/".count))
    }
}
