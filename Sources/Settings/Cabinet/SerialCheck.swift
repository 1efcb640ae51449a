/// What makes no sense of a serial line.
extension CabinetCheck {
    /// Rates that ports have.
    private static let rates = [
        1200, 2400, 4800, 9600, 19200, 38400, 57600, 115_200, 230_400, 460_800, 921_600,
    ]
    /// Unit ids of devices (Modbus over Serial Line V1.02, section 2.2): 0 is for all, 248 and
    /// above are reserved.
    private static let units = 1...247

    func check(_ serial: SerialSettings, _ path: [String]) {
        if !Self.rates.contains(serial.baud) {
            report(
                path + ["baud"], "ports have no rate of \(serial.baud)",
                "write one of: " + Self.rates.map(String.init).joined(separator: ", "))
        }
        within(serial.stopBits, 1...2, path + ["stop-bits"])
        within(serial.turnaround, .zero ... .seconds(1), path + ["turnaround"])
    }

    /// What concerns more than one bus, or a bus and its devices.
    func checkSerialLines() {
        var owners: [String: String] = [:]
        var lines: Set<String> = []
        for (name, bus) in settings.buses.entries {
            let (place, key): (String, String)
            switch bus.kind {
            case .modbusTCP, .i2c: continue
            case .modbusRTU(let serial): (place, key) = (serial.port, "modbus-rtu")
            case .modbusRTUOverTCP(let host, let port):
                (place, key) = ("\(host):\(port)", "modbus-rtu-tcp")
            }
            if let owner = owners[place] { portTaken(place, ["buses", name, key], owner) }
            owners[place] = name
            lines.insert(name)
        }
        for (name, device) in settings.devices.entries {
            guard let bus = device.bus, lines.contains(bus) else { continue }
            checkUnit(of: device, name)
        }
    }

    private func portTaken(_ place: String, _ path: [String], _ owner: String) {
        report(
            path + ["port"], "`\(owner)` has the port \(place) already",
            "put the devices of both on one bus")
    }

    private func checkUnit(of device: DeviceSettings, _ name: String) {
        guard let unit = device.node["unit-id"]?.text.flatMap({ Int($0) }),
            (0...255).contains(unit), !Self.units.contains(unit)
        else { return }
        report(
            ["devices", name, "unit-id"],
            unit == 0
                ? "unit 0 is every device on a serial line, and none answers"
                : "unit \(unit) is reserved on a serial line",
            "write the device's unit id, 1 to 247")
    }
}
