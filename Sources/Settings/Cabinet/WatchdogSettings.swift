import Telemetry

/// The hardware watchdog (Linux, Documentation/watchdog/watchdog-api.rst): it resets the board when
/// the gateway hangs or has crashed.
public struct WatchdogSettings: Hashable, Sendable, Decodable {
    /// Its device; an absolute path.
    public var device = "/dev/watchdog"
    /// How long it waits for the next feeding, 5 s to 10 min. The kernel takes whole seconds, and the
    /// hardware may make something else of them.
    public var timeout = Duration.seconds(60)

    private enum CodingKeys: CodingKey { case device, timeout }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        device = try container.decodeIfPresent(String.self, forKey: .device) ?? device
        timeout = try container.decodeIfPresent(Duration.self, forKey: .timeout) ?? timeout
    }
}
