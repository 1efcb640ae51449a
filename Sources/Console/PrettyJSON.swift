import JSON

/// A value as pretty JSON with sorted keys.
public func json(_ value: some Encodable) throws -> String {
    String(decoding: try JSONEncoder(isPretty: true).encode(value), as: UTF8.self)
}

/// A value as JSON on one line, with sorted keys.
public func jsonLine(_ value: some Encodable) throws -> String {
    String(decoding: try JSONEncoder().encode(value), as: UTF8.self)
}
