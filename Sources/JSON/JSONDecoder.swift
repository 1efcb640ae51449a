/// Reads values of Decodable types from JSON text. In place of Foundation's, which brings 6 MB of
/// program along: no name twice in an object, no dates, no strategies.
public struct JSONDecoder: Sendable {
    /// The deepest nesting: a decoder recurses, and a thread's stack has 128 KiB.
    public static let depthLimit = 32

    public init() {}

    /// The value of a whole text. Throws a `JSONFlaw` where it is not JSON, and a `DecodingError`
    /// where it is not of the type.
    public func decode<T: Decodable>(
        _ type: T.Type, from text: some Sequence<UInt8>
    ) throws -> T {
        var limits = JSONReader.Limits(depth: Self.depthLimit, values: .max)
        limits.takesHugeNumbers = true
        let value = try JSONReader.read(Array(text), limits: limits)
        return try JSONElement(value: value, codingPath: []).decode(type)
    }
}

/// A step of a path: a name, or the index of an element.
struct JSONPathKey: CodingKey {
    let stringValue: String
    var intValue: Int? { Int(stringValue) }

    init(stringValue: String) { self.stringValue = stringValue }
    init(intValue: Int) { stringValue = String(intValue) }
}

/// A value to be decoded, and where it stands.
struct JSONElement: Decoder {
    let value: JSONValue
    let codingPath: [any CodingKey]
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(
        keyedBy type: Key.Type
    ) throws -> KeyedDecodingContainer<Key> {
        guard case .object(let object) = value else { throw mismatch("an object", type) }
        return KeyedDecodingContainer(JSONMembers(object, codingPath))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard case .array(let elements) = value else { throw mismatch("an array", [Any].self) }
        return JSONElements(elements: elements, codingPath: codingPath)
    }

    func singleValueContainer() -> any SingleValueDecodingContainer { self }

    private func mismatch(_ due: String, _ type: Any.Type) -> DecodingError {
        let context = DecodingError.Context(
            codingPath: codingPath, debugDescription: "\(due) is due")
        return value == .null ? .valueNotFound(type, context) : .typeMismatch(type, context)
    }

    /// A whole number, which may be written with a point: 5.0 is one.
    private func integer<T: FixedWidthInteger>(_ type: T.Type) throws -> T {
        let number: T? =
            switch value {
            case .integer(let value): T(exactly: value)
            case .unsigned(let value): T(exactly: value)
            case .double(let value): T(exactly: value)
            default: nil
            }
        guard let number else { throw mismatch("a whole number of \(T.bitWidth) bits", type) }
        return number
    }
}

extension JSONElement: SingleValueDecodingContainer {
    func decodeNil() -> Bool { value == .null }

    func decode(_ type: Bool.Type) throws -> Bool {
        guard case .bool(let flag) = value else { throw mismatch("true or false", type) }
        return flag
    }

    func decode(_ type: String.Type) throws -> String {
        guard case .string(let text) = value else { throw mismatch("a text", type) }
        return text
    }

    func decode(_ type: Double.Type) throws -> Double {
        switch value {
        case .integer(let number): return Double(number)
        case .unsigned(let number): return Double(number)
        case .double(let number) where number.isFinite: return number
        default: throw mismatch("a number of 64 bits", type)
        }
    }

    func decode(_ type: Float.Type) throws -> Float { Float(try decode(Double.self)) }
    func decode(_ type: Int.Type) throws -> Int { try integer(type) }
    func decode(_ type: Int8.Type) throws -> Int8 { try integer(type) }
    func decode(_ type: Int16.Type) throws -> Int16 { try integer(type) }
    func decode(_ type: Int32.Type) throws -> Int32 { try integer(type) }
    func decode(_ type: Int64.Type) throws -> Int64 { try integer(type) }
    func decode(_ type: UInt.Type) throws -> UInt { try integer(type) }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try integer(type) }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try integer(type) }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try integer(type) }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try integer(type) }
    func decode<T: Decodable>(_ type: T.Type) throws -> T { try T(from: self) }
}
