/// Decodes a node of the configuration: strict, and collecting instead of stopping.
///
/// What is wrong or missing is recorded and a placeholder returned, so one pass finds all. A
/// property `responseTimeout` is the key `response-timeout`. Read from text, beside the plain
/// types: every `TextScalar` (Duration, ByteSize, Unit) and enumerations with raw values, whose
/// choices are listed if they are CaseIterable.
struct SettingsDecoder: Decoder {
    let node: SettingsNode

    var codingPath: [any CodingKey] { node.path.map(PathKey.init(stringValue:)) }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedDecodingContainer<Key> {
        let isMapping = SettingsReader(node: node).isMapping()
        return KeyedDecodingContainer(SettingsMapping(node: isMapping ? node : node.absent))
    }

    func unkeyedContainer() -> any UnkeyedDecodingContainer {
        let isSequence = SettingsReader(node: node).isSequence()
        return SettingsSequence(node: isSequence ? node : node.absent)
    }

    func singleValueContainer() -> any SingleValueDecodingContainer { self }
}

/// A step of a path.
struct PathKey: CodingKey {
    let stringValue: String
    var intValue: Int? { Int(stringValue) }

    init(stringValue: String) { self.stringValue = stringValue }
    init(intValue: Int) { stringValue = String(intValue) }
}

extension SettingsDecoder: SingleValueDecodingContainer {
    private var reader: SettingsReader { SettingsReader(node: node) }

    /// Only what is not there is nil: an empty value is a mistake.
    func decodeNil() -> Bool { node.value == nil }

    func decode(_ type: Bool.Type) -> Bool { reader.bool() }
    func decode(_ type: String.Type) -> String { reader.string() }
    func decode(_ type: Double.Type) -> Double { reader.double() }
    func decode(_ type: Float.Type) -> Float { Float(reader.double()) }
    func decode(_ type: Int.Type) -> Int { reader.integer(type) }
    func decode(_ type: Int8.Type) -> Int8 { reader.integer(type) }
    func decode(_ type: Int16.Type) -> Int16 { reader.integer(type) }
    func decode(_ type: Int32.Type) -> Int32 { reader.integer(type) }
    func decode(_ type: Int64.Type) -> Int64 { reader.integer(type) }
    func decode(_ type: UInt.Type) -> UInt { reader.integer(type) }
    func decode(_ type: UInt8.Type) -> UInt8 { reader.integer(type) }
    func decode(_ type: UInt16.Type) -> UInt16 { reader.integer(type) }
    func decode(_ type: UInt32.Type) -> UInt32 { reader.integer(type) }
    func decode(_ type: UInt64.Type) -> UInt64 { reader.integer(type) }
    func decode<T: Decodable>(_ type: T.Type) throws -> T { try reader.read(type) }
}
