import Buses

/// A configuration for what a scan has found, ready for `armadio check`.
public struct ScanProposal: Sendable {
    private let devices: [ScannedDevice]
    /// The bus's name in the configuration.
    private let bus: String
    /// How the command names the place, for the advice in comments.
    private let target: String

    /// A proposal for these devices; there must be one at least.
    public init(_ devices: [ScannedDevice], bus: String, target: String) {
        (self.devices, self.bus, self.target) = (devices, bus, target)
    }

    /// What every proposal begins with.
    static let head = [
        "# Change the first two lines to your gateway's name and your broker. In a",
        "# configuration that you have, only `buses` and `devices` are new.",
        "gateway: cabinet-1", "uplink: {broker: \"mqtt://localhost\"}",
    ]

    /// The configuration.
    public var text: String {
        let place = devices.first.map {
            ["buses:", "  \(bus): \(Self.settings(of: $0.endpoint))"]
        }
        return (Self.head + (place ?? []) + ["devices:"] + devices.flatMap(lines))
            .joined(separator: "\n")
    }

    /// A bus as the configuration has it.
    public static func settings(of endpoint: ModbusEndpoint) -> String {
        switch endpoint {
        case .tcp(let host, let port):
            return "{modbus-tcp: {host: \(quoted(host)), port: \(port)}}"
        case .rtuOverTCP(let host, let port):
            return "{modbus-rtu-tcp: {host: \(quoted(host)), port: \(port)}}"
        case .serial(let port):
            return "{modbus-rtu: {port: \(port.path), baud: \(port.baud), "
                + "parity: \(port.parity), stop-bits: \(port.stopBits)\(direction(port))}}"
        }
    }

    /// What a command has to know of a port that is no bus of the configuration.
    private func options(_ endpoint: ModbusEndpoint) -> String {
        guard target.hasPrefix("/"), case .serial(let port) = endpoint else { return "" }
        return (port.baud == 9600 ? "" : " --baud \(port.baud)")
            + (port.parity == .none ? "" : " --parity \(port.parity)")
            + (port.stopBits == 1 ? "" : " --stop-bits \(port.stopBits)")
    }

    private static func quoted(_ host: String) -> String {
        host.contains(":") ? "\"\(host)\"" : host
    }

    private static func direction(_ port: SerialPort) -> String {
        switch port.direction {
        case .automatic: ""
        case .kernel: ", rs485: kernel"
        case .rts: ", rs485: rts"
        }
    }

    private func lines(_ device: ScannedDevice) -> [String] {
        let entry = entry(device)
        return ["  unit-\(device.unit):"]
            + (entry.comments.map { "# " + $0 } + entry.keys).map { "    " + $0 }
    }

    /// What the configuration has to say of a device, and what a person is to know of it.
    public func entry(_ device: ScannedDevice) -> (comments: [String], keys: [String]) {
        var comments = [device.title].compactMap { $0 }
        if device.answersEveryUnit { comments.append("answers under every unit id") }
        let keys: [String]
        if let profile = device.profile {
            keys = ["profile: \(profile)"]
        } else if let chain = device.sunSpec {
            let known = choices(chain)
            comments.append(
                "SunSpec at \(chain.base), models: "
                    + chain.links.prefix(20).map { "\($0.id)" }.joined(separator: ", "))
            keys =
                ["driver: sunspec"]
                + (SunSpecDiscovery.bases.contains(chain.base) ? [] : ["base: \(chain.base)"])
                + ["models: [\((known.isEmpty ? ["1"] : known).joined(separator: ", "))]"]
                + (trackers(chain).map { ["trackers: \($0)"] } ?? [])
        } else {
            comments.append(
                "not known; `armadio decode \(target) \(device.unit) 0-19"
                    + "\(options(device.endpoint))` shows its registers")
            keys = ["driver: register-map"]
        }
        let points =
            keys == ["driver: register-map"]
            ? ["points: {value-0: {\(device.readable ?? .holding): 0}}"] : []
        return (comments, keys + ["bus: \(bus)", "unit-id: \(device.unit)"] + points)
    }

    /// How many trackers model 160 has, if not as many as the driver reads anyway.
    private func trackers(_ chain: SunSpecChain) -> Int? {
        guard let link = chain.links.first(where: { $0.id == 160 }) else { return nil }
        let count = (link.length - SunSpecModel.trackersStart) / SunSpecModel.trackerLength
        let fitting = min(max(1, count), SunSpecModel.mostTrackers)
        return fitting == SunSpecModel.usualTrackers ? nil : fitting
    }

    /// The models that the driver reads, as the configuration names them; without who it is, which
    /// does not change.
    private func choices(_ chain: SunSpecChain) -> [String] {
        var seen: [UInt16: Int] = [:]
        return chain.links.compactMap { link in
            let instance = seen[link.id, default: 0] + 1
            seen[link.id] = instance
            guard link.id != 1, SunSpecModel.with(id: link.id) != nil,
                instance <= SunSpecChoice.mostInstances
            else { return nil }
            return instance == 1 ? "\(link.id)" : "\(link.id)#\(instance)"
        }
    }
}
