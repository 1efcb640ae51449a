import Telemetry

/// A point's value as JSON has it: a bool, a number, a string.
public struct ControlValue: Codable, Hashable, Sendable, CustomStringConvertible {
    /// The value.
    public var value: Value

    /// A value.
    public init(_ value: Value) {
        self.value = value
    }

    public var description: String { value.description }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let value = try? container.decode(Bool.self) {
            self.value = .bool(value)
        } else if let value = try? container.decode(Int64.self) {
            self.value = .int64(value)
        } else if let value = try? container.decode(UInt64.self) {
            self.value = .uint64(value)
        } else if let value = try? container.decode(Double.self) {
            self.value = .double(value)
        } else {
            self.value = .string(try container.decode(String.self))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(value)
    }
}
