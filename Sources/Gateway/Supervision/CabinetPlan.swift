import Buses
import Drivers
import Journal
import Settings
import Telemetry
import Uplink

/// A bus with its devices, ready to be opened.
public struct LinePlan: Sendable, Equatable {
    /// The bus.
    public var line: BusLine
    /// The devices on it.
    public var devices: [DeviceSpec]
    /// What the configuration said, so that a reload can tell whether it still says so.
    var fingerprint: String

    func open(_ buses: any BusProvider) -> BusHandle {
        switch line {
        case .modbus(let line): .modbus(buses.modbus(line))
        case .i2c(let line): .i2c(buses.i2c(line))
        case .gpio(let name): .gpio(buses.gpio(named: name))
        case .hwmon(let name): .hwmon(buses.sensors(named: name))
        case .process(let line): .process(buses.process(line))
        }
    }

    public static func == (left: LinePlan, right: LinePlan) -> Bool {
        left.line == right.line && left.fingerprint == right.fingerprint
    }
}

/// The configuration understood: everything the gateway needs to start, checked.
public struct CabinetPlan: Sendable {
    /// Where the journal is, and its limits.
    public struct JournalPlan: Sendable, Equatable {
        var directory: String
        var options: JournalOptions
        var fingerprint: String

        public static func == (left: JournalPlan, right: JournalPlan) -> Bool {
            left.fingerprint == right.fingerprint
        }
    }

    /// Where readings go.
    public struct UplinkPlan: Sendable, Equatable {
        /// Its name.
        public var name: String
        var address: String
        /// How it connects.
        public var broker: BrokerSettings
        var rules: ForwardingRules
        var session: SessionSettings
        var filter: PointFilter
        var commands: PointFilter
        var configuration: RemoteConfigurationSettings?
        var fingerprint: String

        public static func == (left: UplinkPlan, right: UplinkPlan) -> Bool {
            left.name == right.name && left.fingerprint == right.fingerprint
        }
    }

    /// The gateway's name.
    public var gateway: String
    /// The buses that have devices.
    public var lines: [LinePlan]
    /// All Modbus buses, with devices or without.
    public var buses: [ModbusLine]
    /// Where readings go.
    public var uplinks: [UplinkPlan]
    /// The points, as the platforms are told of them.
    var roster: [Presence.RosterPoint]
    /// How long which uplink may be down before points are brought to their safe values; empty
    /// for ever, or because no point has one.
    public var safeAfter: [String: Duration]
    /// How often the gateway tells of itself; nil for never.
    public var ownTelemetry: Duration?
    /// The hardware watchdog; nil for none.
    public var watchdog: WatchdogSettings?
    /// Where metrics are served; empty for nowhere.
    var metrics: [MetricsEndpoint]
    /// The line that tells of a power failure; nil for none.
    var powerFail: PowerFailPlan?
    /// Whether a GPIO line is watched that tells of a power failure.
    public var watchesPower: Bool { powerFail != nil }
    /// The journal.
    public var journal: JournalPlan
    /// Where the journal is.
    public var journalDirectory: String { journal.directory }
    /// The control socket's path.
    public var control: String
    /// The devices, in the order of the configuration.
    public var deviceNames: [String]

    /// How much there is of what: `1 bus, 3 devices, 18 points`.
    public var summary: String {
        let points = lines.reduce(0) { $0 + $1.devices.reduce(0) { $0 + $1.points.count } }
        let counts = [
            (lines.count, "bus", "buses"), (deviceNames.count, "device", "devices"),
            (points, "point", "points"),
        ]
        return counts.map { "\($0) \($0 == 1 ? $1 : $2)" }.joined(separator: ", ")
    }

    /// A device and its bus, for a read without the rest.
    public func device(_ name: String) -> (line: LinePlan, device: DeviceSpec)? {
        for line in lines {
            if let device = line.devices.first(where: { $0.name == name }) {
                return (line, device)
            }
        }
        return nil
    }
}
