/// How a gateway appears in Home Assistant.
public struct HomeAssistantOptions: Hashable, Sendable {
    /// The discovery prefix, as Home Assistant's MQTT integration has it.
    public var prefix: String

    /// Home Assistant's own prefix unless said otherwise.
    public init(prefix: String = "homeassistant") {
        self.prefix = prefix
    }
}
