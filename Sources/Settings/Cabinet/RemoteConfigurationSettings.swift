import Telemetry

/// What the platform of an uplink may do to the configuration: `configuration: true`, or a group of
/// keys where there is more to say.
///
/// Off unless given: who may publish to that topic decides what the cabinet reads, where it sends
/// it and what its outputs are. Only the file on the cabinet says so: `RemoteChangeCheck` keeps a
/// platform from changing this and what else would widen its rights.
public struct RemoteConfigurationSettings: Hashable, Sendable, Decodable {
    /// What else it may change; nothing of this unless listed.
    public enum Permission: String, CaseIterable, Sendable, Decodable {
        /// Which points platforms may set: `commands` of its uplink.
        case commands
        /// Devices with the driver `exec`: programs that run on the cabinet.
        case exec
        /// Paths of files, passwords and certificates: what is read with the gateway's rights.
        case files
        /// Other uplinks, and the broker of its own although a password goes to it.
        case uplinks
    }

    /// How long a new configuration waits for its confirmation unless the message says otherwise,
    /// 5 s to 1 h; 5 min unless given.
    public var confirmWithin = Duration.seconds(300)
    /// What else it may change.
    public var allow: [Permission] = []

    /// The shortest and the longest wait: a link takes a second or more to come back, and a
    /// cabinet whose link is cut is not left alone for longer than an hour.
    public static let confirmLimits = Duration.seconds(5) ... .seconds(3600)

    private enum CodingKeys: CodingKey { case confirmWithin, allow }

    /// The defaults.
    public init() {}

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        confirmWithin =
            try container.decodeIfPresent(Duration.self, forKey: .confirmWithin) ?? confirmWithin
        allow = try container.decodeIfPresent([Permission].self, forKey: .allow) ?? allow
    }

    /// Nil for `false`.
    init?(_ setting: ScalarOrFields<Bool, RemoteConfigurationSettings>) {
        switch setting {
        case .scalar(false): return nil
        case .scalar(true): self.init()
        case .fields(let fields): self = fields
        }
    }
}
