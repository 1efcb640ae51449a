import Gateway

/// What is known of a cabinet at the time it is handed over: the facts of `armadio report`, whose
/// page and JSON say the same.
public struct CommissioningRecord: Codable, Sendable {
    /// The programs.
    public struct Software: Codable, Sendable {
        /// This program's version.
        public var armadio: String
        /// The kernel, and the distribution's name.
        public var kernel: String
        public var system: String

        /// Versions.
        public init(armadio: String, kernel: String, system: String) {
            (self.armadio, self.kernel, self.system) = (armadio, kernel, system)
        }
    }

    /// The configuration.
    public struct Configuration: Codable, Sendable {
        /// The file.
        public var path: String
        /// The SHA-256 of its bytes in hexadecimal digits; nil if it cannot be read.
        public var hash: String?

        /// A configuration.
        public init(path: String, hash: String?) {
            (self.path, self.hash) = (path, hash)
        }
    }

    /// What a device is.
    public struct Device: Codable, Sendable {
        /// Its name in the configuration, its bus and its unit id or address there.
        public var name: String
        public var bus: String
        public var address: String
        /// The profile or the driver.
        public var kind: String
        /// Maker, model and version, as it says itself; nil if it does not.
        public var identification: String?
        /// Its serial number, as it says itself; nil if it does not.
        public var serial: String?

        /// A device.
        public init(
            name: String, bus: String, address: String, kind: String,
            identification: String? = nil, serial: String? = nil
        ) {
            (self.name, self.bus, self.address) = (name, bus, address)
            (self.kind, self.identification, self.serial) = (kind, identification, serial)
        }
    }

    /// The gateway's name.
    public var gateway: String
    /// When the record was made (ISO 8601, UTC), and whether a time source had set the clock.
    public var time: String
    public var clock: String
    /// The board; nil if it is not known.
    public var board: String?
    public var software: Software
    public var configuration: Configuration
    /// How the gateway was doing.
    public var status: StatusReport
    public var devices: [Device]
    /// The points with their last readings.
    public var points: [PointReport]
    /// What was read in the last hour, of the first points that have numbers.
    public var history: [HistoryReport]
    /// What is not as it should be, and what else to know.
    public var findings: [Finding]

    /// The most points whose last hour is shown: some ten pages.
    public static let historyLimit = 60

    /// A record.
    public init(
        gateway: String, time: String, clock: String, board: String?, software: Software,
        configuration: Configuration, status: StatusReport, devices: [Device],
        points: [PointReport], history: [HistoryReport], findings: [Finding]
    ) {
        self.gateway = gateway
        self.time = time
        self.clock = clock
        self.board = board
        self.software = software
        self.configuration = configuration
        self.status = status
        self.devices = devices
        self.points = points
        self.history = history
        self.findings = findings
    }

    /// Problems and warnings, the worst first.
    public var openPoints: [Finding] {
        findings.filter { $0.severity >= .warning }.sorted { $0.severity > $1.severity }
    }
}
