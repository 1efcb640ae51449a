import JSON
import Telemetry

extension JSONValue {
    /// The value of a point that a scalar stands for; nil for null, an array, an object.
    var pointValue: Value? {
        switch self {
        case .bool(let value): .bool(value)
        case .integer(let value): .int64(value)
        case .unsigned(let value): .uint64(value)
        case .double(let value): .double(value)
        case .string(let value): .string(value)
        case .null, .array, .object: nil
        }
    }

    /// A whole number of 0 and more.
    var count: UInt64? {
        switch self {
        case .integer(let value): UInt64(exactly: value)
        case .unsigned(let value): value
        default: nil
        }
    }

    /// Any number.
    var number: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .unsigned(let value): Double(value)
        case .double(let value): value
        default: nil
        }
    }

    /// A text.
    var text: String? {
        if case .string(let text) = self { text } else { nil }
    }
}

extension Value {
    /// Appends the value as JSON; a number that JSON does not have as null.
    func append(to json: inout JSONWriter) {
        switch self {
        case .bool(let value): json.append(value ? "true" : "false")
        case .int64(let value): json.append(value)
        case .uint64(let value): json.append(value)
        case .double(let value) where value.isFinite: json.append(value)
        case .double: json.append("null")
        case .string(let value): json.append(string: value)
        }
    }
}
