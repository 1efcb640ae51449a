import Buses
import Gateway
import Settings
import Telemetry
import Uplink

/// What the examinations want to know of the configuration.
public struct CabinetFacts: Sendable {
    /// A file that the gateway reads besides the configuration.
    public struct NeededFile: Hashable, Sendable {
        /// What it is for: `password of uplink city`.
        public var what: String
        /// Its path.
        public var path: String
        /// Whether nobody else may read it.
        public var isSecret: Bool
        /// Whether it has certificates.
        public var hasCertificates: Bool

        /// A file.
        public init(
            _ what: String, _ path: String, isSecret: Bool = false, hasCertificates: Bool = false
        ) {
            (self.what, self.path) = (what, path)
            (self.isSecret, self.hasCertificates) = (isSecret, hasCertificates)
        }
    }

    /// A way to a platform.
    public struct Uplink: Sendable {
        /// Its name.
        public var name: String
        /// How the gateway connects.
        public var broker: BrokerSettings
        /// The credentials of systemd that only the service has.
        public var credentials: [String]
        /// The files that it needs.
        public var files: [NeededFile]

        /// An uplink.
        public init(
            name: String, broker: BrokerSettings, credentials: [String] = [],
            files: [NeededFile] = []
        ) {
            (self.name, self.broker) = (name, broker)
            (self.credentials, self.files) = (credentials, files)
        }

        /// A single uplink has no name but `uplink`.
        var subject: String { name == CabinetSettings.onlyUplink ? name : "uplink \(name)" }
    }

    /// The configuration's path.
    public var path: String
    /// What is wrong with it; of a wrong one nothing else is known.
    public var problems: [SettingsProblem] = []
    /// How much there is of what; nil if it is wrong.
    public var summary: String?
    /// The gateway's name.
    public var gateway = ""
    /// The control socket.
    public var socket: String
    /// The buses and ports that are used.
    public var lines: [BusLine] = []
    /// The hardware watchdog that is fed.
    public var watchdog: String?
    /// Where readings wait, and how much of them may.
    public var journal = JournalSettings()
    /// Where readings go.
    public var uplinks: [Uplink] = []

    /// A configuration of which nothing is known yet.
    public init(path: String, socket: String) {
        (self.path, self.socket) = (path, socket)
    }

    /// What a file says, as far as it is fit for use.
    public init(
        _ file: SettingsFile, socket: String, check: ConfigurationSource.Check
    ) {
        self.init(path: file.name, socket: socket)
        do throws(SettingsProblems) {
            let plan = try check(file, PointTable())
            summary = "gateway \(plan.gateway), \(plan.summary)"
            gateway = plan.gateway
            lines = Self.lines(of: plan)
            if plan.watchesPower, !lines.contains(where: \.isGPIO) {
                lines.append(.gpio(name: "power-fail"))
            }
            watchdog = plan.watchdog?.device
            // The plan keeps no paths of secrets; they are read from the file's own settings.
            let settings = SettingsFile(bytes: file.bytes, name: file.name).read()
            journal = settings?.journal ?? journal
            uplinks = plan.uplinks.map { Self.uplink($0, settings?.uplinks[$0.name]) }
        } catch {
            problems = error.problems
        }
    }

    /// Modbus buses without devices are looked at, too: somebody means to use them.
    private static func lines(of plan: CabinetPlan) -> [BusLine] {
        var lines = plan.lines.map(\.line)
        for bus in plan.buses where !lines.contains(where: { $0.name == bus.name }) {
            lines.append(.modbus(bus))
        }
        return lines
    }

    private static func uplink(
        _ plan: CabinetPlan.UplinkPlan, _ settings: UplinkSettings?
    ) -> Uplink {
        var uplink = Uplink(name: plan.name, broker: plan.broker)
        func add(_ source: SecretSource, _ what: String) {
            switch source {
            case .file(let path): uplink.files.append(NeededFile(what, path, isSecret: true))
            case .credential(let name): uplink.credentials.append(name)
            }
        }
        func add(_ file: TLSFile, _ what: String, isKey: Bool) {
            switch file {
            case .path(let path):
                uplink.files.append(
                    NeededFile(what, path, isSecret: isKey, hasCertificates: !isKey))
            case .credential(let name): uplink.credentials.append(name)
            }
        }
        if let password = settings?.password { add(password, "password") }
        if let key = settings?.tls?.psk?.key { add(key, "key of `psk`") }
        if let file = settings?.tls?.ca { add(file, "`ca`", isKey: false) }
        if let file = settings?.tls?.certificate { add(file, "`certificate`", isKey: false) }
        if let file = settings?.tls?.key { add(file, "`key`", isKey: true) }
        return uplink
    }
}

extension BusLine {
    fileprivate var isGPIO: Bool {
        if case .gpio = self { true } else { false }
    }
}
