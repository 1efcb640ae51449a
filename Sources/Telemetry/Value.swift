/// What a point can be: one of five kinds, exact.
public enum Value: Hashable, Sendable {
    case bool(Bool)
    case int64(Int64)
    case uint64(UInt64)
    case double(Double)
    case string(String)
}

/// The kind of a stored value; the numbers are part of the journal's format.
public enum ValueKind: UInt8, Sendable, CaseIterable {
    /// A reading without a value: its quality says why.
    case none = 0
    case bool = 1
    case int64 = 2
    case uint64 = 3
    case double = 4
    case string = 5

    /// The value that is stored as 64 bits, as `ReadingBatch.bits` has them; nil for `none`.
    ///
    /// - Parameter text: The text, where the kind is `string`.
    public func value(bits: UInt64, text: @autoclosure () -> String) -> Value? {
        switch self {
        case .none: nil
        case .bool: .bool(bits != 0)
        case .int64: .int64(Int64(bitPattern: bits))
        case .uint64: .uint64(bits)
        case .double: .double(Double(bitPattern: bits))
        case .string: .string(text())
        }
    }
}

extension Value: CustomStringConvertible {
    /// The value as a person reads it.
    public var description: String {
        switch self {
        case .bool(let value): value ? "true" : "false"
        case .int64(let value): String(value)
        case .uint64(let value): String(value)
        case .double(let value): value.plainText
        case .string(let value): value
        }
    }
}

extension Double {
    /// The shortest decimal that reads back as the same double, without ".0" on whole numbers.
    public var plainText: String {
        let text = description
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }
}
