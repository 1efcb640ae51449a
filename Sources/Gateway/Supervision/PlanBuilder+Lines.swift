import Boards
import Buses
import Drivers
import Settings
import Telemetry

/// Buses: those of the configuration, and those that need none.
extension PlanBuilder {
    func lines(of devices: [PlannedDevice]) -> [LinePlan] {
        var implied: [BusLine] = []
        for line in devices.compactMap(\.impliedLine) where !implied.contains(line) {
            implied.append(line)
        }
        let configured = settings.buses.entries.map { busLine($0, $1) }
        return (configured + implied).compactMap { line in
            let own = devices.filter { $0.bus == line.name }.map(\.spec)
            return own.isEmpty ? nil : self.line(line, own)
        }
    }

    private func line(_ line: BusLine, _ devices: [DeviceSpec]) -> LinePlan {
        let fingerprint = devices.compactMap { spec in
            settings.devices[spec.name].map { spec.name + " " + $0.node.fingerprint }
        }
        return LinePlan(
            line: line, devices: devices, fingerprint: fingerprint.joined(separator: "\n"))
    }

    func busLine(_ name: String, _ bus: BusSettings) -> BusLine {
        var line = ModbusLine(
            name: name, endpoint: .tcp(host: "", port: 0), responseTimeout: bus.responseTimeout)
        switch bus.kind {
        case .i2c(let path):
            let path = board?.bus(named: path) ?? path
            return .i2c(I2CLine(name: name, path: path, timeout: bus.responseTimeout))
        case .modbusTCP(let host, let port): line.endpoint = .tcp(host: host, port: port)
        case .modbusRTUOverTCP(let host, let port):
            line.endpoint = .rtuOverTCP(host: host, port: port)
        case .modbusRTU(let serial):
            var port = SerialPort(serial)
            port.path = board?.serial(named: port.path) ?? port.path
            line.endpoint = .serial(port)
            line.turnaround = serial.turnaround
        }
        return .modbus(line)
    }
}

/// Ports that have a path, or a name that the board gives them.
extension PlanBuilder {
    func checkPorts() {
        for (name, bus) in settings.buses.entries {
            switch bus.kind {
            case .i2c(let path):
                check(path, ["buses", name, "i2c", "path"], board?.buses.entries.map(\.name))
            case .modbusRTU(let serial):
                check(
                    serial.port, ["buses", name, "modbus-rtu", "port"],
                    board?.serial.entries.map(\.name))
            case .modbusTCP, .modbusRTUOverTCP: break
            }
        }
    }

    private func check(_ port: String, _ path: [String], _ names: [String]?) {
        guard !port.hasPrefix("/"), names?.contains(port) != true else { return }
        guard let board, let names, !names.isEmpty else {
            return report(
                path, "`\(port)` is no path, and the board has no names for its ports",
                "write the whole path, which begins with /")
        }
        report(
            path, "`\(port)` is no path, and no port of the board (\(board.title))",
            Spelling.suggestion(for: port, among: names)
                ?? "the board has: " + names.joined(separator: ", "))
    }
}

extension DriverKind {
    /// The bus of a device, if that is one that needs no configuration. It has its name though there
    /// is no plan of the device, since its options have mistakes.
    func impliedLine(of device: String, _ plan: DevicePlan?) -> BusLine? {
        switch bus {
        case .modbus, .i2c: nil
        case .gpio: .gpio(name: bus.rawValue)
        case .hwmon: .hwmon(name: bus.rawValue)
        case .process: .process(plan?.program ?? ProgramLine(device: device))
        }
    }
}

extension SerialPort {
    fileprivate init(_ settings: SerialSettings) {
        let parity: Parity =
            switch settings.parity {
            case .none: .none
            case .even: .even
            case .odd: .odd
            }
        let direction: Direction =
            switch settings.rs485 {
            case .none: .automatic
            case .kernel: .kernel
            case .rts: .rts
            }
        self.init(
            path: settings.port, baud: settings.baud, parity: parity, stopBits: settings.stopBits,
            direction: direction)
    }
}

extension BusSettings.Kind {
    /// What drivers call it.
    var busKind: BusKind {
        switch self {
        case .modbusTCP, .modbusRTU, .modbusRTUOverTCP: .modbus
        case .i2c: .i2c
        }
    }
}
