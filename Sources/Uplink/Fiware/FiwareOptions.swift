/// How a gateway speaks with a FIWARE IoT Agent for JSON.
public struct FiwareOptions: Hashable, Sendable {
    /// What a device is called. The agent's device ids are unique within the API key, for all of
    /// its gateways.
    public enum DeviceNames: String, Sendable, CaseIterable {
        /// `{gateway}:{device}`.
        case withGateway
        /// `{device}`: for a platform on which no two gateways have devices of the same name.
        case alone
    }

    /// The API key of the device group; a level of the topics.
    public var apiKey: String
    /// What a device is called.
    public var deviceNames: DeviceNames

    /// The API key; devices have the gateway's name before theirs unless said otherwise.
    public init(apiKey: String, deviceNames: DeviceNames = .withGateway) {
        self.apiKey = apiKey
        self.deviceNames = deviceNames
    }
}
