import Telemetry

/// Where readings go, and how.
public struct UplinkSettings: Hashable, Sendable, Decodable {
    /// The brokers in the order in which they are tried, at least one.
    public var brokers: [BrokerAddress]
    /// On a broker that is not the first, how long until those before it are looked at, 10 s to
    /// 1 d; 10 min unless given.
    public var failBack: Duration?
    /// The MQTT client id; `armadio-` and the gateway's name unless given.
    public var clientId: String
    /// The user's name; nil for none.
    public var username: String?
    /// Where the password is kept; nil for none.
    public var password: SecretSource?
    /// What TLS needs; nil for the system's certificate authorities.
    public var tls: TLSSettings?
    /// The protocol's version.
    public var version: MQTTVersion
    /// How many messages may be unacknowledged at a time, 1 to 1,000; 20 unless given.
    public var window: Int
    /// MQTT's keep-alive, 5 s to 18 h (65,535 s); 30 s unless given.
    public var keepAlive: Duration
    /// When a batch is complete.
    public var batch: BatchSettings
    /// How what was kept while the broker was away is sent.
    public var backlog: BacklogSettings
    /// How long the broker may be away before points with a safe value are brought to it, 1 s to
    /// 1 d; nil for never.
    public var safeAfter: Duration?
    /// The language; SenML JSON unless given.
    public var session: SessionSettings
    /// Whose word lets go of a reading; the broker's unless given.
    public var acknowledge: Acknowledge
    /// The points that it gets, as patterns `DEVICE` or `DEVICE/POINT` with `*`; all if nil.
    public var only: [String]?
    /// The points that it does not get.
    public var except: [String]
    /// The writable points that the platform may set; none unless given.
    public var commands: [String]
    /// What the platform may do to the configuration; nil for nothing.
    public var configuration: RemoteConfigurationSettings?

    /// Whose word lets go of a reading.
    public enum Acknowledge: String, CaseIterable, Sendable, Decodable {
        /// The broker's PUBACK.
        case broker
        /// The platform's watermark on `armadio/{gateway}/committed`.
        case platform
    }

    private enum CodingKeys: CodingKey {
        case broker, clientId, username, password, tls, version, window, keepAlive, batch, backlog
        case safeAfter, session, acknowledge, only, except, commands, failBack, configuration
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        brokers = try container.decode(BrokerList.self, forKey: .broker).addresses
        clientId = try container.decodeIfPresent(String.self, forKey: .clientId) ?? ""
        username = try container.decodeIfPresent(String.self, forKey: .username)
        password = try container.decodeIfPresent(SecretSource.self, forKey: .password)
        tls = try container.decodeIfPresent(TLSSettings.self, forKey: .tls)
        version = try container.decodeIfPresent(MQTTVersion.self, forKey: .version) ?? .auto
        window = try container.decodeIfPresent(Int.self, forKey: .window) ?? 20
        keepAlive = try container.decodeIfPresent(Duration.self, forKey: .keepAlive) ?? .seconds(30)
        batch =
            try container.decodeIfPresent(BatchSettings.self, forKey: .batch) ?? BatchSettings()
        backlog =
            try container.decodeIfPresent(BacklogSettings.self, forKey: .backlog)
            ?? BacklogSettings()
        safeAfter = try container.decodeIfPresent(Duration.self, forKey: .safeAfter)
        session =
            try container.decodeIfPresent(SessionSettings.self, forKey: .session)
            ?? .senml(SessionSettings.SenML())
        acknowledge =
            try container.decodeIfPresent(Acknowledge.self, forKey: .acknowledge) ?? .broker
        only = try container.decodeIfPresent([String].self, forKey: .only)
        except = try container.decodeIfPresent([String].self, forKey: .except) ?? []
        commands = try container.decodeIfPresent([String].self, forKey: .commands) ?? []
        failBack = try container.decodeIfPresent(Duration.self, forKey: .failBack)
        configuration = try container.decodeIfPresent(
            ScalarOrFields<Bool, RemoteConfigurationSettings>.self, forKey: .configuration
        ).flatMap { RemoteConfigurationSettings($0) }
    }

    /// Fills in what depends on the gateway's name.
    mutating func complete(for gateway: String, named name: String) {
        guard clientId.isEmpty else { return }
        clientId = "armadio-" + gateway
        if name != CabinetSettings.onlyUplink { clientId += "-" + name }
    }
}

/// The MQTT versions that can be asked for.
public enum MQTTVersion: String, CaseIterable, Sendable, Decodable {
    /// 5, and 3.1.1 if the broker refuses that.
    case auto
    /// MQTT 5.0 only.
    case v5 = "5"
    /// MQTT 3.1.1 only.
    case v311 = "3.1.1"
}

/// When a batch of readings is complete: whichever comes first.
public struct BatchSettings: Hashable, Sendable, Decodable {
    /// At so many readings, 1 to 10,000.
    public var readings = 2000
    /// At so many bytes of payload, 1 KiB to 1 MiB.
    public var bytes = ByteSize.kibibytes(96)
    /// When its first reading is so old, 10 ms to 1 h.
    public var age = Duration.seconds(1)

    private enum CodingKeys: CodingKey { case readings, bytes, age }

    /// The defaults.
    public init() {}

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        readings = try container.decodeIfPresent(Int.self, forKey: .readings) ?? readings
        bytes = try container.decodeIfPresent(ByteSize.self, forKey: .bytes) ?? bytes
        age = try container.decodeIfPresent(Duration.self, forKey: .age) ?? age
    }
}

/// How what was kept while the broker was away is sent once it is back.
public struct BacklogSettings: Hashable, Sendable, Decodable {
    /// What goes first. Urgent readings always do.
    public enum Order: String, CaseIterable, Sendable, Decodable {
        /// New readings, so that the platform sees the present at once.
        case liveFirst = "live-first"
        /// The oldest.
        case inOrder = "in-order"
    }

    /// What goes first.
    public var order = Order.liveFirst
    /// The most readings of the backlog a second, 1 to 1,000,000; nil for what the link takes.
    public var limit: Int?

    private enum CodingKeys: CodingKey { case order, limit }

    /// The defaults.
    public init() {}

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        order = try container.decodeIfPresent(Order.self, forKey: .order) ?? order
        limit = try container.decodeIfPresent(Int.self, forKey: .limit)
    }
}
