import Boards
import Buses
import Drivers
import Journal
import Settings
import Telemetry

extension CabinetPlan {
    /// Reads a configuration: the cabinet's own part and what each driver makes of its devices.
    ///
    /// - Parameters:
    ///   - points: The table that the plan's points are put into.
    ///   - profiles: Where devices' profiles are looked up.
    ///   - board: What the board's lines, buses and ports are called; nil if it is not known.
    /// - Throws: All problems of the file, and of profiles that it names, at once.
    public static func load(
        _ file: SettingsFile, points: PointTable, profiles: ProfileLibrary, board: Board? = nil
    ) throws(SettingsProblems) -> CabinetPlan {
        let file = file.applying { profiles.find($0) }
        var devices: [PlannedDevice] = []
        let settings = try file.load { settings in
            let builder = PlanBuilder(
                settings: settings, file: file, points: points, board: board)
            devices = builder.devices()
            builder.checkPorts()
            builder.checkCommands(devices)
            builder.checkPowerFail(devices)
        }
        return PlanBuilder(settings: settings, file: file, points: points, board: board)
            .plan(devices)
    }
}

/// A device and the bus that it hangs on.
struct PlannedDevice {
    /// The bus's name.
    var bus: String
    /// The bus, if it is one that needs no configuration.
    var impliedLine: BusLine?
    var spec: DeviceSpec
}

/// Turns settings into a plan, and reports to the file what the registry finds.
struct PlanBuilder {
    let settings: CabinetSettings
    let file: SettingsFile
    let points: PointTable
    let board: Board?

    // MARK: Devices

    func devices() -> [PlannedDevice] {
        settings.devices.entries.compactMap { name, device in
            guard let kind = kind(of: device, named: name) else { return nil }
            // The mistakes of the device and of its bus are told at once.
            let plan = kind.plan(NodeOptions(node: device.node, file: file, board: board))
            let place = place(of: device, named: name, kind: kind, plan)
            guard let plan, let place else { return nil }
            return PlannedDevice(
                bus: place.bus, impliedLine: place.implied, spec: spec(name, device, kind, plan))
        }
    }

    private func kind(of device: DeviceSettings, named name: String) -> DriverKind? {
        if let kind = DriverRegistry.kind(named: device.driver) { return kind }
        let names = DriverRegistry.all.map(\.name)
        report(
            ["devices", name, "driver"], "there is no driver `\(device.driver)`",
            Spelling.suggestion(for: device.driver, among: names)
                ?? "the drivers are: " + names.joined(separator: ", "))
        return nil
    }

    private func place(
        of device: DeviceSettings, named name: String, kind: DriverKind, _ plan: DevicePlan?
    ) -> (bus: String, implied: BusLine?)? {
        guard let line = kind.impliedLine(of: name, plan) else {
            return bus(of: device, named: name, kind: kind).map { ($0, nil) }
        }
        if device.bus != nil {
            report(
                ["devices", name, "bus"], "the driver `\(kind.name)` has a bus of its own",
                "leave `bus` out")
        }
        if settings.buses[line.name] != nil {
            report(
                ["buses", line.name],
                "`\(line.name)` is what the bus of the driver `\(kind.name)` is called",
                "give this bus another name")
        }
        return (line.name, line)
    }

    private func bus(
        of device: DeviceSettings, named name: String, kind: DriverKind
    ) -> String? {
        if let bus = device.bus {
            guard let settings = settings.buses[bus], settings.kind.busKind != kind.bus else {
                return bus
            }
            report(
                ["devices", name, "bus"],
                "the driver `\(kind.name)` needs a \(kind.bus.rawValue) bus, `\(bus)` is none",
                "name another bus, or another driver")
            return nil
        }
        report(
            ["devices", name], "a device with the driver `\(kind.name)` needs a bus",
            "add `bus:` with the name of a \(kind.bus.rawValue) bus")
        return nil
    }

    func report(_ path: [String], _ what: String, _ mend: String) {
        file.report(SettingsProblem(path: path, what: what, mend: mend))
    }

    private func spec(
        _ name: String, _ device: DeviceSettings, _ kind: DriverKind, _ plan: DevicePlan
    ) -> DeviceSpec {
        let interval = device.interval ?? kind.usualInterval
        let specs = plan.channels.compactMap { channel -> DeviceSpec.PointSpec? in
            let settings = device.points[channel.name] ?? PointSettings()
            let point = Point(
                device: name, name: channel.name, unit: channel.unit,
                isUrgent: settings.isUrgent)
            guard let id = points.intern(point) else {
                report(["devices", name], "there are too many points", "split the cabinet in two")
                return nil
            }
            return DeviceSpec.PointSpec(
                id: id, point: point, interval: settings.interval ?? interval,
                deadband: settings.deadband)
        }
        return DeviceSpec(name: name, plan: plan, points: specs)
    }

    // MARK: The whole

    func plan(_ devices: [PlannedDevice]) -> CabinetPlan {
        CabinetPlan(
            gateway: settings.gateway,
            lines: lines(of: devices),
            buses: settings.buses.entries.compactMap { busLine($0, $1).modbus },
            uplinks: uplinks, roster: roster(devices), safeAfter: safeAfter(devices),
            ownTelemetry: settings.telemetry?.interval,
            watchdog: settings.watchdog,
            metrics: metrics, powerFail: powerFail,
            journal: journal,
            control: settings.control.socket,
            deviceNames: devices.map(\.spec.name))
    }

    /// By the uplinks' names; empty where no point has a safe value.
    private func safeAfter(_ devices: [PlannedDevice]) -> [String: Duration] {
        guard devices.contains(where: { !$0.spec.safeValues.isEmpty }) else { return [:] }
        return Dictionary(
            settings.uplinks.entries.compactMap { name, uplink in
                uplink.safeAfter.map { (name, $0) }
            }, uniquingKeysWith: { first, _ in first })
    }

    private var metrics: [MetricsEndpoint] {
        let socket = settings.metrics.socketPath(control: settings.control.socket)
        return [
            socket.map(MetricsEndpoint.socket), settings.metrics.listen.map(MetricsEndpoint.tcp),
        ].compactMap(\.self)
    }

    private var journal: CabinetPlan.JournalPlan {
        var options = JournalOptions()
        options.commitDeadline = settings.journal.commitAfter
        options.maximumBytes = Int(settings.journal.size.bytes)
        if let kept = settings.journal.keepDelivered { options.retainedBytes = Int(kept.bytes) }
        return CabinetPlan.JournalPlan(
            directory: settings.journal.path, options: options,
            fingerprint: "\(settings.journal)")
    }
}
