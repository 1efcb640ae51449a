import Telemetry

extension Value {
    /// The value as a switch: true or false, 1 or 0, `on` or `off`; nil if it is none.
    var asSwitch: Bool? {
        switch self {
        case .bool(let value): value
        case .int64(0), .uint64(0), .double(0): false
        case .int64(1), .uint64(1), .double(1): true
        case .string(let text):
            switch text {
            case "true", "on", "1": true
            case "false", "off", "0": false
            default: nil
            }
        default: nil
        }
    }
}
