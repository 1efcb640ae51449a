import Drivers
import Settings
import Telemetry

/// The configuration as far as it is known, and its text.
struct SetupDraft {
    /// A bus with what the configuration says of it.
    struct Bus: Equatable {
        var name: String
        /// Such as `{modbus-tcp: {host: plc}}`.
        var settings: String
    }

    /// A device.
    struct Device: Equatable {
        var name: String
        /// Nil for the machine's own lines.
        var bus: String?
        var comments: [String] = []
        /// Lines below its name.
        var keys: [String]
        /// Whether it has an order of words at all.
        var takesOrder = false
        /// The order of words, if it is not as the profile has it.
        var order: WordOrder?
        /// The profile's points that say their own order, and so need another.
        var ordered: [String] = []
    }

    /// Where readings go.
    struct Uplink: Equatable {
        var broker: BrokerAddress
        var authority: String?
        var username: String?
        /// What was typed; written to `SetupPaths.secret`.
        var password: [UInt8]?
        var session = "senml"
    }

    var board: String?
    var site = "cabinet-1"
    var buses: [Bus] = []
    var devices: [Device] = []
    /// Points of GPIO lines, a line of YAML each.
    var lines: [(name: String, text: String)] = []
    var uplink: Uplink?
    /// What remains to be done, in words.
    var open: [String] = []

    /// The whole configuration.
    func text(_ paths: SetupPaths) -> String {
        var text = [SetupTexts.configurationHead, "gateway: \(site)"]
        if let board { text.append("board: \(board)") }
        text += uplinkLines(paths)
        if let journal = paths.journal { text.append("journal: {path: \(journal.yamlScalar)}") }
        if let socket = paths.socket { text.append("control: {socket: \(socket.yamlScalar)}") }
        let used = buses.filter { bus in devices.contains { $0.bus == bus.name } }
        if !used.isEmpty {
            text += ["", "buses:"] + used.map { Self.broken("  \($0.name): \($0.settings)") }
        }
        if !devices.isEmpty || !lines.isEmpty { text += ["", "devices:"] }
        text += devices.flatMap(self.lines)
        if !lines.isEmpty {
            text += ["  lines:", "    driver: gpio", "    points:"]
            text += lines.map { Self.broken("      " + $0.text) }
        }
        return text.joined(separator: "\n") + "\n"
    }

    /// A line of braces over two, if it is wider than a terminal.
    private static func broken(_ line: String) -> String {
        let places = line.indices.filter { line[$0...].hasPrefix(", ") }
        guard line.count > 79,
            let place = places.last(where: { line.distance(from: line.startIndex, to: $0) < 78 })
                ?? places.first
        else { return line }
        let next = line[line.index(place, offsetBy: 2)...]
        let indent = line.prefix { $0 == " " } + "  "
        return line[...place] + "\n" + indent + next
    }

    private func uplinkLines(_ paths: SetupPaths) -> [String] {
        guard let uplink else { return ["uplink: {broker: \"mqtt://localhost\"}"] }
        var lines = ["uplink:", "  broker: \(uplink.broker)"]
        if let authority = uplink.authority {
            lines.append("  tls: {ca: \(authority.yamlScalar)}")
        }
        if let username = uplink.username { lines.append("  username: \(username.yamlScalar)") }
        if uplink.password != nil {
            lines.append("  password: {file: \(paths.secret.yamlScalar)}")
        }
        if uplink.session != "senml" { lines.append("  session: \(uplink.session)") }
        return lines
    }

    private func lines(of device: Device) -> [String] {
        var keys = device.keys
        if let order = device.order {
            keys.append("order: \(order.rawValue)  # " + SetupTexts.orderComment)
            if !device.ordered.isEmpty {
                keys.append("points:")
                keys += device.ordered.map { "  \($0): {order: \(order.rawValue)}" }
            }
        }
        return ["  \(device.name):"]
            + (device.comments.map { "# " + $0 } + keys).map { "    " + $0 }
    }

    /// The same with one device alone, for a look at it.
    func alone(_ device: Device) -> SetupDraft {
        var draft = self
        (draft.devices, draft.lines, draft.uplink) = ([device], [], nil)
        return draft
    }

    /// The same with one GPIO line alone.
    func alone(line: (name: String, text: String)) -> SetupDraft {
        var draft = self
        (draft.devices, draft.lines, draft.uplink) = ([], [line], nil)
        return draft
    }
}

/// Where the wizard writes.
public struct SetupPaths: Sendable {
    /// The configuration.
    public var configuration: String
    /// The broker's password.
    public var secret: String
    /// The journal's folder and the control socket, if they are not at the usual places.
    public var journal: String?
    public var socket: String?

    private let workingFolder: String

    /// The secret is beside the configuration. What does not begin with / is within the working folder.
    public init(
        configuration: String, journal: String? = nil, socket: String? = nil,
        within workingFolder: String = ""
    ) {
        func whole(_ path: String) -> String { Self.whole(path, workingFolder) }
        self.workingFolder = workingFolder
        let configuration = whole(configuration)
        self.configuration = configuration
        let folder = configuration.split(separator: "/", omittingEmptySubsequences: false)
            .dropLast().joined(separator: "/")
        secret = folder + "/secrets/mqtt"
        (self.journal, self.socket) = (journal.map(whole), socket.map(whole))
    }

    /// A path as it is from everywhere.
    func whole(_ path: String) -> String { Self.whole(path, workingFolder) }

    private static func whole(_ path: String, _ workingFolder: String) -> String {
        path.hasPrefix("/") ? path : workingFolder + "/" + path
    }

    /// Where the gateway is asked.
    public var control: String { socket ?? ControlSettings().socket }
}
