import Telemetry

/// The configuration of one cabinet, `/etc/armadio/cabinet.yaml`.
///
/// Top-level keys that begin with `x-` are left alone: a place for `&anchors`.
public struct CabinetSettings: Sendable, Decodable {
    /// The gateway's name: a topic level and the SenML base name, so 1 to 64 of
    /// `A-Z a-z 0-9 - : . _`, beginning with a letter or digit.
    public var gateway: String
    /// The board that it runs on, by the name of its profile; the one that is found unless given.
    public var board: String?
    /// Where readings go, 1 to 4 platforms: `uplinks:` by name, or `uplink:` for a single one,
    /// which is then called `uplink`.
    public var uplinks: NamedList<UplinkSettings>
    /// Where readings wait.
    public var journal: JournalSettings
    /// How the command reaches the daemon.
    public var control: ControlSettings
    /// What the gateway tells of itself.
    public var telemetry: TelemetrySettings?
    /// The hardware watchdog that is fed; nil for none.
    public var watchdog: WatchdogSettings?
    /// Where the gateway's own figures can be had.
    public var metrics: MetricsSettings
    /// The line that tells of a power failure; nil for none.
    public var powerFail: PowerFailSettings?
    /// The buses by name.
    public var buses: NamedList<BusSettings>
    /// The devices by name.
    public var devices: NamedList<DeviceSettings>

    /// What a single uplink is called.
    public static let onlyUplink = "uplink"

    private enum CodingKeys: String, CodingKey {
        case gateway, board, uplink, uplinks, journal, control, telemetry, watchdog, metrics
        case powerFail, buses, devices
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        gateway = try container.decode(String.self, forKey: .gateway)
        board = try container.decodeIfPresent(String.self, forKey: .board)
        uplinks = try Self.uplinks(container)
        journal =
            try container.decodeIfPresent(JournalSettings.self, forKey: .journal)
            ?? JournalSettings()
        control =
            try container.decodeIfPresent(ControlSettings.self, forKey: .control)
            ?? ControlSettings()
        telemetry = try container.decodeIfPresent(TelemetrySettings.self, forKey: .telemetry)
        watchdog = try container.decodeIfPresent(WatchdogSettings.self, forKey: .watchdog)
        metrics =
            try container.decodeIfPresent(MetricsSettings.self, forKey: .metrics)
            ?? MetricsSettings()
        powerFail = try container.decodeIfPresent(PowerFailSettings.self, forKey: .powerFail)
        buses = try container.decodeIfPresent(NamedList.self, forKey: .buses) ?? NamedList()
        devices = try container.decodeIfPresent(NamedList.self, forKey: .devices) ?? NamedList()
        let node = try decoder.singleValueContainer().decode(SettingsNode.self)
        node.allow(node.keys.filter { $0.hasPrefix("x-") })
        for index in uplinks.entries.indices {
            let name = uplinks.entries[index].name
            uplinks.entries[index].value.complete(for: gateway, named: name)
        }
        if node["uplink"] != nil, let several = node["uplinks"] {
            several.problem("`uplinks` beside `uplink`", mend: "name all of them in `uplinks`")
        }
    }

    private static func uplinks(
        _ container: KeyedDecodingContainer<CodingKeys>
    ) throws -> NamedList<UplinkSettings> {
        if let several = try container.decodeIfPresent(
            NamedList<UplinkSettings>.self, forKey: .uplinks)
        {
            _ = try container.decodeIfPresent(UplinkSettings.self, forKey: .uplink)
            return several
        }
        return NamedList([
            (onlyUplink, try container.decode(UplinkSettings.self, forKey: .uplink))
        ])
    }
}

/// Where readings wait until they are delivered.
public struct JournalSettings: Hashable, Sendable, Decodable {
    /// The folder; an absolute path.
    public var path = "/var/lib/armadio/journal"
    /// How old an undelivered reading gets before it is written, 100 ms to 1 h: what a power cut
    /// can cost.
    public var commitAfter = Duration.seconds(10)
    /// How large the folder may become, at least 16 MiB (two segments).
    public var size = ByteSize.gibibytes(1)
    /// How much of what was written and delivered is kept for a rewind, at most `size`; 16 MiB
    /// if nil.
    public var keepDelivered: ByteSize?

    private enum CodingKeys: CodingKey { case path, commitAfter, size, keepDelivered }

    /// The defaults.
    public init() {}

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        path = try container.decodeIfPresent(String.self, forKey: .path) ?? path
        commitAfter =
            try container.decodeIfPresent(Duration.self, forKey: .commitAfter) ?? commitAfter
        size = try container.decodeIfPresent(ByteSize.self, forKey: .size) ?? size
        keepDelivered = try container.decodeIfPresent(ByteSize.self, forKey: .keepDelivered)
    }
}

/// How the command reaches the daemon.
public struct ControlSettings: Hashable, Sendable, Decodable {
    /// The Unix socket; an absolute path of at most 107 bytes (unix(7)).
    public var socket = "/run/armadio/control.sock"

    private enum CodingKeys: CodingKey { case socket }

    /// The defaults.
    public init() {}

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        socket = try container.decodeIfPresent(String.self, forKey: .socket) ?? socket
    }
}

/// What the gateway tells of itself, as readings of the device `gateway`.
public struct TelemetrySettings: Hashable, Sendable, Decodable {
    /// The device that these readings belong to; no other may have this name.
    public static let device = "gateway"

    /// How often, 1 s to 1 d.
    public var interval: Duration
}

/// What is needed of a file whatever else is wrong with it, and without one.
extension SettingsFile {
    /// Where the gateway's control socket is.
    public var controlSocket: String {
        root?["control"]?["socket"]?.text ?? ControlSettings().socket
    }

    /// Where the journal is.
    public var journalDirectory: String {
        root?["journal"]?["path"]?.text ?? JournalSettings().path
    }
}
