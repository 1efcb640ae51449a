import Telemetry

/// A device: what every device has, and the node from which its driver decodes the rest.
public struct DeviceSettings: Sendable, Equatable, Decodable {
    /// The name of its driver.
    public var driver: String
    /// The name of its bus; nil for a driver that needs none.
    public var bus: String?
    /// The name of the profile that its points come from; none if it lists them all itself.
    public var profile: String?
    /// How often its points are read unless they say otherwise, 10 ms to 1 d; nil for what is usual
    /// for its driver.
    public var interval: Duration?
    /// Its points by name, as far as every point is the same.
    public var points: NamedList<PointSettings>
    /// The whole device, for its driver's options. Equal for equal content, so a device whose
    /// settings are equal after a reload (and whose bus is) need not be restarted.
    public var node: SettingsNode

    private enum CodingKeys: CodingKey { case driver, profile, bus, interval, points }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        driver = try container.decode(String.self, forKey: .driver)
        profile = try container.decodeIfPresent(String.self, forKey: .profile)
        bus = try container.decodeIfPresent(String.self, forKey: .bus)
        interval =
            try container.decodeIfPresent(ReadInterval.self, forKey: .interval)?.duration
        points = try container.decodeIfPresent(NamedList.self, forKey: .points) ?? NamedList()
        node = try decoder.singleValueContainer().decode(SettingsNode.self)
        node.leaveOpen()
    }
}

/// What every point has, whatever its driver.
public struct PointSettings: Hashable, Sendable, Decodable {
    /// How often it is read, 10 ms to 1 d; nil for the device's interval.
    public var interval: Duration?
    /// Changes below this are not sent, in the point's unit; every reading is sent unless given.
    public var deadband: Double?
    /// Whether its readings are committed and sent at once; not unless given.
    public var urgent: Bool?

    /// A point with these settings.
    public init(interval: Duration? = nil, deadband: Double? = nil, urgent: Bool? = nil) {
        self.interval = interval
        self.deadband = deadband
        self.urgent = urgent
    }

    private enum CodingKeys: CodingKey { case interval, deadband, urgent }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        interval = try container.decodeIfPresent(ReadInterval.self, forKey: .interval)?.duration
        deadband = try container.decodeIfPresent(Double.self, forKey: .deadband)
        urgent = try container.decodeIfPresent(Bool.self, forKey: .urgent)
    }

    /// Whether its readings are committed and sent at once.
    public var isUrgent: Bool { urgent ?? false }
}
