extension SingleValueEncodingContainer {
    /// Encodes a value as what it is: a bool, a number, a string.
    public mutating func encode(_ value: Value) throws {
        switch value {
        case .bool(let value): try encode(value)
        case .int64(let value): try encode(value)
        case .uint64(let value): try encode(value)
        case .double(let value): try encode(value)
        case .string(let value): try encode(value)
        }
    }
}
