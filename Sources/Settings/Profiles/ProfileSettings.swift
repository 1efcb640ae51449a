import Telemetry

/// What a profile says about its device beside the driver's own keys: who it is.
public struct ProfileSettings: Sendable, Decodable {
    /// How the device's port is set when it leaves the factory.
    public struct Serial: Hashable, Sendable, Decodable {
        /// Bits a second.
        public var baud: Int
        /// How parity is checked; `none` unless given.
        public var parity: SerialSettings.Parity?
    }

    /// A register that tells the device from others.
    public struct Mark: Hashable, Sendable, Decodable {
        /// The address of a holding register.
        public var holding: UInt16?
        /// The address of an input register.
        public var input: UInt16?
        /// What it shows.
        public var equals: UInt16?
        /// The values of which it shows one.
        public var oneOf: [UInt16]?

        private enum CodingKeys: CodingKey { case holding, input, equals, oneOf }
    }

    /// The profile's name: what follows `profile:` in the configuration, and the file's name.
    public var profile: String
    /// The device in a few words.
    public var title: String
    /// Who makes it.
    public var maker: String?
    /// The types it fits.
    public var models: [String]
    /// Where the registers are documented: document, revision, section.
    public var source: String
    /// The port as the device ships.
    public var serial: Serial?
    /// All of these registers together tell the device from others; empty if none do.
    public var identify: [Mark]
    /// The points, as far as every point is the same.
    public var points: NamedList<PointSettings>

    /// The keys that are the profile's own; all others are the device's.
    static let ownKeys: Set<String> = [
        "profile", "title", "maker", "models", "source", "serial", "identify",
    ]

    private enum CodingKeys: CodingKey {
        case profile, title, maker, models, source, serial, identify, points
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        profile = try container.decode(String.self, forKey: .profile)
        title = try container.decode(String.self, forKey: .title)
        maker = try container.decodeIfPresent(String.self, forKey: .maker)
        models = try container.decodeIfPresent([String].self, forKey: .models) ?? []
        source = try container.decode(String.self, forKey: .source)
        serial = try container.decodeIfPresent(Serial.self, forKey: .serial)
        identify = try container.decodeIfPresent([Mark].self, forKey: .identify) ?? []
        points = try container.decodeIfPresent(NamedList.self, forKey: .points) ?? NamedList()
    }
}
