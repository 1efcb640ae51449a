import Buses

/// A device node that the configuration makes the gateway open.
struct LocalDevice: Hashable {
    /// The kinds.
    enum Kind { case serial, i2c, gpio, watchdog }

    /// Who needs it: `bus plc`.
    var subject: String
    var path: String
    var kind: Kind

    /// All of a cabinet. GPIO lines can be on any chip.
    static func all(of cabinet: CabinetFacts, _ facts: any SystemFacts) -> [LocalDevice] {
        var devices: [LocalDevice] = []
        for line in cabinet.lines {
            let subject = "bus \(line.name)"
            switch line {
            case .modbus(let modbus):
                guard case .serial(let port) = modbus.endpoint else { continue }
                devices.append(LocalDevice(subject: subject, path: port.path, kind: .serial))
            case .i2c(let bus):
                devices.append(LocalDevice(subject: subject, path: bus.path, kind: .i2c))
            case .gpio: devices += chips(facts)
            case .hwmon, .process: continue
            }
        }
        if let watchdog = cabinet.watchdog {
            devices.append(LocalDevice(subject: "watchdog", path: watchdog, kind: .watchdog))
        }
        return devices
    }

    private static func chips(_ facts: any SystemFacts) -> [LocalDevice] {
        let names = facts.anyNames(in: "/dev").filter { $0.hasPrefix("gpiochip") }
        return (names.isEmpty ? ["gpiochip0"] : names).map {
            LocalDevice(subject: "gpio", path: "/dev/" + $0, kind: .gpio)
        }
    }

    /// What to do where it is missing.
    func wayToFind(hasRules: Bool) -> String {
        switch kind {
        case .serial where path.hasPrefix("/dev/armadio/") && !hasRules:
            "install \(PermissionsExam.ruleFile), which makes this name"
        case .serial: "is the adapter plugged in? `armadio scan serial` lists the ports there are"
        case .i2c:
            "switch the bus on in the board's configuration (on a Raspberry Pi "
                + "`dtparam=i2c_arm=on`), then modprobe i2c-dev; `armadio scan i2c` lists them"
        case .gpio: "the kernel has no GPIO chip: `armadio board show` names the board's"
        case .watchdog: "load the board's watchdog driver, or leave `watchdog` out"
        }
    }
}
