import Boards
import Buses
import Drivers
import Glibc
import Journal
import Platform
import Settings
import Telemetry
import Uplink

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
            uplink: uplink, safeAfter: safeAfter(devices),
            ownTelemetry: settings.telemetry?.interval,
            watchdog: settings.watchdog,
            journal: journal,
            control: settings.control.socket,
            deviceNames: devices.map(\.spec.name))
    }

    private func safeAfter(_ devices: [PlannedDevice]) -> Duration? {
        devices.contains { !$0.spec.safeValues.isEmpty } ? settings.uplink.safeAfter : nil
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

    private var uplink: CabinetPlan.UplinkPlan {
        let uplink = settings.uplink
        return CabinetPlan.UplinkPlan(
            address: uplink.broker.description, broker: broker,
            rules: ForwardingRules(
                batchReadings: uplink.batch.readings, batchBytes: Int(uplink.batch.bytes.bytes),
                batchAge: uplink.batch.age, window: uplink.window, backlog: backlog),
            fingerprint: "\(uplink)")
    }

    private var backlog: BacklogRules {
        let backlog = settings.uplink.backlog
        let order: BacklogRules.Order =
            switch backlog.order {
            case .liveFirst: .liveFirst
            case .inOrder: .inOrder
            }
        return BacklogRules(order: order, readingsPerSecond: backlog.limit)
    }

    private var broker: BrokerSettings {
        let uplink = settings.uplink
        var broker = BrokerSettings(
            host: uplink.broker.host, port: uplink.broker.port, clientID: uplink.clientId)
        broker.userName = uplink.username
        broker.password = uplink.password.map(secret)
        if uplink.broker.usesTLS {
            broker.tls = BrokerSettings.TLS(
                authorities: uplink.tls?.ca, certificate: uplink.tls?.certificate,
                key: uplink.tls?.key)
        }
        broker.protocolChoice =
            switch uplink.version {
            case .auto: .automatic
            case .v5: .v5
            case .v311: .v311
            }
        broker.keepAlive = uplink.keepAlive
        return broker
    }

    private func secret(_ source: SecretSource) -> Secret {
        Secret(description: source.description) { () throws(SystemError) in
            do throws(SecretProblem) {
                return try source.read()
            } catch {
                throw SystemError("read", error.description, errno: EACCES)
            }
        }
    }
}
