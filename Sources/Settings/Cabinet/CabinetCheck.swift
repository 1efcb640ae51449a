import Telemetry

/// Looks for what is well-formed but makes no sense: names, ranges, references.
struct CabinetCheck {
    let settings: CabinetSettings
    let file: SettingsFile

    /// Reports everything it finds to the file.
    func run() {
        if !SettingsFile.isName(settings.gateway) {
            badName(["gateway"], settings.gateway, isKey: false)
        }
        UplinkCheck(settings: settings, file: file).run()
        checkJournal()
        for (name, bus) in settings.buses.entries { check(bus, name) }
        checkSerialLines()
        if let telemetry = settings.telemetry {
            within(
                telemetry.interval, .seconds(1) ... .seconds(86400), ["telemetry", "interval"])
            let own = TelemetrySettings.device
            if settings.devices[own] != nil {
                report(
                    ["devices", own], "`\(own)` is what the gateway calls itself",
                    "give the device another name, or remove `telemetry`")
            }
        }
        if let watchdog = settings.watchdog {
            absolute(watchdog.device, ["watchdog", "device"])
            within(watchdog.timeout, .seconds(5) ... .seconds(600), ["watchdog", "timeout"])
        }
        checkMetrics()
        if let powerFail = settings.powerFail {
            within(powerFail.debounce, .zero ... .seconds(1), ["power-fail", "debounce"])
            within(
                powerFail.returnAfter, .seconds(1) ... .seconds(3600),
                ["power-fail", "return-after"])
        }
        let buses = Set(settings.buses.entries.map(\.name))
        for (name, device) in settings.devices.entries {
            check(device, name)
            if let bus = device.bus, !buses.contains(bus) { noBus(bus, of: name) }
        }
    }

    private func checkJournal() {
        let journal = settings.journal
        absolute(journal.path, ["journal", "path"])
        within(
            journal.commitAfter, .milliseconds(100) ... .seconds(3600), ["journal", "commit-after"])
        if journal.size < .mebibytes(16) {
            report(
                ["journal", "size"], "`size` is \(journal.size), which is too small",
                "write 16MiB or more")
        }
        if let kept = journal.keepDelivered, kept > journal.size {
            report(
                ["journal", "keep-delivered"],
                "`keep-delivered` is \(kept), more than the journal's size",
                "write \(journal.size) or less")
        }
        checkSocket(settings.control.socket, ["control", "socket"])
    }

    private func checkSocket(_ socket: String, _ path: [String]) {
        absolute(socket, path)
        if socket.utf8.count > 107 {
            report(path, "the path of the socket is too long", "the system allows 107 bytes")
        }
    }

    private func checkMetrics() {
        guard let socket = settings.metrics.socket else { return }
        checkSocket(socket, ["metrics", "socket"])
        if socket == settings.control.socket {
            report(
                ["metrics", "socket"], "the control socket is there",
                "give the metrics another path, or remove `socket`")
        }
    }

    private func check(_ bus: BusSettings, _ name: String) {
        let path = ["buses", name]
        if !SettingsFile.isName(name) { badName(path, name, isKey: true) }
        within(bus.responseTimeout, .milliseconds(10) ... .seconds(60), path + ["response-timeout"])
        switch bus.kind {
        case .modbusTCP(let host, let port):
            check(host, port, path + ["modbus-tcp"], usual: "Modbus TCP has 502")
        case .modbusRTU(let serial): check(serial, path + ["modbus-rtu"])
        case .modbusRTUOverTCP(let host, let port):
            check(host, port, path + ["modbus-rtu-tcp"], usual: "write the serial server's port")
        case .i2c: break
        }
    }

    /// A port or scheme behind or before the host's name; an IPv6 address has more than one colon.
    private func checkForm(of host: String, _ path: [String]) {
        if let scheme = host.firstRange(of: "://") {
            report(
                path + ["host"], "`\(host.prefix(80))` is not a host's name",
                "write it without `\(host[..<scheme.upperBound])`")
            return
        }
        let numbers = host.split(separator: ".", omittingEmptySubsequences: false)
        if numbers.count == 4, numbers.allSatisfy({ !$0.isEmpty && $0.allSatisfy(\.isNumber) }),
            !numbers.allSatisfy({ UInt8($0) != nil })
        {
            report(
                path + ["host"], "`\(host.prefix(80))` is no address",
                "each of the four numbers is 0 to 255")
        }
        let parts = host.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return }
        report(
            path + ["host"], "`\(host.prefix(80))` has a port in it",
            "write host: \(parts[0]), port: \(parts[1])")
    }

    private func check(_ host: String, _ port: UInt16, _ path: [String], usual: String) {
        if host.isEmpty { report(path + ["host"], "`host` is empty", "write a name or an address") }
        checkForm(of: host, path)
        if port == 0 { report(path + ["port"], "there is no port 0", usual) }
    }

    private func check(_ device: DeviceSettings, _ name: String) {
        let path = ["devices", name]
        if !SettingsFile.isName(name) { badName(path, name, isKey: true) }
        if let interval = device.interval {
            within(interval, SettingsFile.intervals, path + ["interval"])
        }
        file.check(device.points, at: path)
    }

    private func noBus(_ bus: String, of device: String) {
        report(
            ["devices", device, "bus"], "there is no bus `\(bus)`", busAdvice(insteadOf: bus))
    }

    private func busAdvice(insteadOf bus: String) -> String {
        let names = settings.buses.entries.map(\.name)
        if names.isEmpty { return "add it under `buses:`" }
        return Spelling.suggestion(for: bus, among: names)
            ?? "the buses are: " + names.prefix(16).joined(separator: ", ")
    }

    private func badName(_ path: [String], _ name: String, isKey: Bool) {
        file.badName(path, name, isKey: isKey)
    }

    func within<Value: Comparable>(
        _ value: Value, _ range: ClosedRange<Value>, _ path: [String]
    ) {
        file.within(value, range, path)
    }

    func absolute(_ text: String, _ path: [String]) {
        guard !text.hasPrefix("/") else { return }
        report(path, "`\(path.last ?? "")` must begin with /", "write the whole path")
    }

    func report(_ path: [String], _ what: String, _ mend: @autoclosure () -> String) {
        file.report(path, what, mend())
    }
}
