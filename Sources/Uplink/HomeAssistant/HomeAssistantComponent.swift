import Telemetry

/// What a point is in Home Assistant.
enum HomeAssistantPlatform: String {
    case sensor
    case binarySensor = "binary_sensor"
    case `switch`
    case number
    case text

    /// By the kind of its values and whether it may be set.
    init(_ kind: ValueKind, isCommandable: Bool) {
        self =
            switch kind {
            case .bool: isCommandable ? .switch : .binarySensor
            case .string: isCommandable ? .text : .sensor
            default: isCommandable ? .number : .sensor
            }
    }
}

/// One component of a device's discovery payload.
struct HomeAssistantComponent {
    var point: Point
    var kind: ValueKind
    var isCommandable: Bool
    /// Unique among all gateways.
    var uniqueID: String
    /// Where the device's state is, where its commands go, and where the gateway's state is.
    var stateTopic: String
    var commandTopic: String
    var gatewayTopic: String

    /// The bounds of a number that may be set: those of the point are checked when it is set, and
    /// Home Assistant's own, 1 to 100, would keep most values away.
    private static let numberBound: Int64 = 1_000_000_000

    /// `"voltage":{"platform":"sensor",...}`
    func write(to json: inout JSONWriter) {
        let platform = HomeAssistantPlatform(kind, isCommandable: isCommandable)
        json.append(string: point.name)
        json.append(":{\"platform\":")
        json.append(string: platform.rawValue)
        json.member("unique_id", uniqueID)
        json.member("name", point.name)
        let value = "value_json.get('\(point.name)')"
        let isFlag = kind == .bool
        json.member(
            "value_template", isFlag ? "{{ 'ON' if \(value) else 'OFF' }}" : "{{ \(value) }}")
        writeAvailability(value, to: &json)
        if kind != .string, !isFlag { writeUnit(platform, to: &json) }
        if isCommandable { json.member("command_topic", commandTopic) }
        if platform == .number {
            json.append(",\"min\":")
            json.append(-Self.numberBound)
            json.append(",\"max\":")
            json.append(Self.numberBound)
            json.append(",\"step\":0.001,\"mode\":\"box\"")
        }
        json.append("}")
    }

    /// There is a value as long as the gateway is there and the point's last reading was good.
    private func writeAvailability(_ value: String, to json: inout JSONWriter) {
        json.append(",\"availability_mode\":\"all\",\"availability\":[{\"topic\":")
        json.append(string: gatewayTopic)
        json.append("},{\"topic\":")
        json.append(string: stateTopic)
        json.member(
            "value_template", "{{ 'offline' if \(value) is none else 'online' }}")
        json.append("}]")
    }

    private func writeUnit(_ platform: HomeAssistantPlatform, to json: inout JSONWriter) {
        let unit = HomeAssistantUnit(point.unit)
        if let symbol = unit.symbol { json.member("unit_of_measurement", symbol) }
        if let deviceClass = unit.deviceClass { json.member("device_class", deviceClass) }
        if platform == .sensor { json.member("state_class", unit.stateClass) }
    }
}

extension JSONWriter {
    /// Appends `,"name":"value"`.
    mutating func member(_ name: StaticString, _ value: String) {
        append(",\"")
        append(name)
        append("\":")
        append(string: value)
    }
}
