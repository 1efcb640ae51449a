/// Encodes into one node.
struct JSONNodeEncoder: Encoder {
    let node: JSONNode
    let codingPath: [any CodingKey]
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        if case .object = node.content {} else { node.content = .object([:]) }
        return KeyedEncodingContainer(JSONObjectEncoder(node: node, codingPath: codingPath))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        if case .array = node.content {} else { node.content = .array([]) }
        return JSONArrayEncoder(node: node, codingPath: codingPath)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { self }

    /// A new node with a value in it.
    static func node(_ value: some Encodable, _ path: [any CodingKey]) throws -> JSONNode {
        let node = JSONNode()
        try value.encode(to: JSONNodeEncoder(node: node, codingPath: path))
        return node
    }
}

extension JSONNodeEncoder: SingleValueEncodingContainer {
    private func set(_ value: JSONValue) { node.content = .scalar(value) }

    func encodeNil() { set(.null) }
    func encode(_ value: Bool) { set(.bool(value)) }
    func encode(_ value: String) { set(.string(value)) }
    func encode(_ value: Double) throws {
        guard value.isFinite else {
            throw EncodingError.invalidValue(
                value, .init(codingPath: codingPath, debugDescription: "JSON has no \(value)"))
        }
        set(.double(value))
    }
    /// The shortest decimal of a Float is shorter than that of the same Double.
    func encode(_ value: Float) throws { try encode(Double("\(value)") ?? Double(value)) }
    func encode(_ value: Int) { set(.integer(Int64(value))) }
    func encode(_ value: Int8) { set(.integer(Int64(value))) }
    func encode(_ value: Int16) { set(.integer(Int64(value))) }
    func encode(_ value: Int32) { set(.integer(Int64(value))) }
    func encode(_ value: Int64) { set(.integer(value)) }
    func encode(_ value: UInt) { set(.unsigned(UInt64(value))) }
    func encode(_ value: UInt8) { set(.unsigned(UInt64(value))) }
    func encode(_ value: UInt16) { set(.unsigned(UInt64(value))) }
    func encode(_ value: UInt32) { set(.unsigned(UInt64(value))) }
    func encode(_ value: UInt64) { set(.unsigned(value)) }
    func encode<T: Encodable>(_ value: T) throws { try value.encode(to: self) }
}

/// Encodes the members of an object.
struct JSONObjectEncoder<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let node: JSONNode
    let codingPath: [any CodingKey]

    private func add(_ value: some Encodable, _ key: any CodingKey) throws {
        node.set(key.stringValue, try JSONNodeEncoder.node(value, codingPath + [key]))
    }

    /// An encoder of a member that is not filled yet.
    private func member(_ key: any CodingKey) -> JSONNodeEncoder {
        let child = JSONNode()
        node.set(key.stringValue, child)
        return JSONNodeEncoder(node: child, codingPath: codingPath + [key])
    }

    func encodeNil(forKey key: Key) { node.set(key.stringValue, JSONNode(.null)) }
    func encode(_ value: Bool, forKey key: Key) throws { try add(value, key) }
    func encode(_ value: String, forKey key: Key) throws { try add(value, key) }
    func encode(_ value: Double, forKey key: Key) throws { try add(value, key) }
    func encode(_ value: Float, forKey key: Key) throws { try add(value, key) }
    func encode(_ value: Int, forKey key: Key) throws { try add(value, key) }
    func encode(_ value: Int8, forKey key: Key) throws { try add(value, key) }
    func encode(_ value: Int16, forKey key: Key) throws { try add(value, key) }
    func encode(_ value: Int32, forKey key: Key) throws { try add(value, key) }
    func encode(_ value: Int64, forKey key: Key) throws { try add(value, key) }
    func encode(_ value: UInt, forKey key: Key) throws { try add(value, key) }
    func encode(_ value: UInt8, forKey key: Key) throws { try add(value, key) }
    func encode(_ value: UInt16, forKey key: Key) throws { try add(value, key) }
    func encode(_ value: UInt32, forKey key: Key) throws { try add(value, key) }
    func encode(_ value: UInt64, forKey key: Key) throws { try add(value, key) }
    func encode<T: Encodable>(_ value: T, forKey key: Key) throws { try add(value, key) }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type, forKey key: Key
    ) -> KeyedEncodingContainer<NestedKey> {
        member(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        member(key).unkeyedContainer()
    }

    func superEncoder() -> any Encoder { member(JSONPathKey(stringValue: "super")) }
    func superEncoder(forKey key: Key) -> any Encoder { member(key) }
}

/// Encodes the elements of an array.
struct JSONArrayEncoder: UnkeyedEncodingContainer {
    let node: JSONNode
    let codingPath: [any CodingKey]

    var count: Int { node.count }

    private var path: [any CodingKey] { codingPath + [JSONPathKey(intValue: count)] }

    private func add(_ value: some Encodable) throws {
        node.append(try JSONNodeEncoder.node(value, path))
    }

    /// An encoder of an element that is not filled yet.
    private func element() -> JSONNodeEncoder {
        let encoder = JSONNodeEncoder(node: JSONNode(), codingPath: path)
        node.append(encoder.node)
        return encoder
    }

    func encodeNil() { node.append(JSONNode(.null)) }
    func encode(_ value: Bool) throws { try add(value) }
    func encode(_ value: String) throws { try add(value) }
    func encode(_ value: Double) throws { try add(value) }
    func encode(_ value: Float) throws { try add(value) }
    func encode(_ value: Int) throws { try add(value) }
    func encode(_ value: Int8) throws { try add(value) }
    func encode(_ value: Int16) throws { try add(value) }
    func encode(_ value: Int32) throws { try add(value) }
    func encode(_ value: Int64) throws { try add(value) }
    func encode(_ value: UInt) throws { try add(value) }
    func encode(_ value: UInt8) throws { try add(value) }
    func encode(_ value: UInt16) throws { try add(value) }
    func encode(_ value: UInt32) throws { try add(value) }
    func encode(_ value: UInt64) throws { try add(value) }
    func encode<T: Encodable>(_ value: T) throws { try add(value) }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type
    ) -> KeyedEncodingContainer<NestedKey> {
        element().container(keyedBy: type)
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { element().unkeyedContainer() }

    func superEncoder() -> any Encoder { element() }
}
