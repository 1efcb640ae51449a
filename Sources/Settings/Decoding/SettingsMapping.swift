/// The keys of a mapping, for a type's `init(from:)`. Every key asked for is remembered.
struct SettingsMapping<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let node: SettingsNode

    init(node: SettingsNode) {
        self.node = node
        if let value = node.value { node.report.open(value.id) }
    }

    var codingPath: [any CodingKey] { node.path.map(PathKey.init(stringValue:)) }

    /// The keys that the type knows, in the order of the file. For a type that takes any name all
    /// of them have a meaning.
    var allKeys: [Key] {
        node.keys.compactMap { name in
            guard let key = Key(stringValue: name) ?? Key(stringValue: Self.camelCase(name)) else {
                return nil
            }
            if let value = node.value { node.report.ask(name, of: value.id) }
            return key
        }
    }

    func contains(_ key: Key) -> Bool { find(key) != nil }

    func decodeNil(forKey key: Key) -> Bool { find(key) == nil }

    /// The value of a key; nil if it is not there.
    private func find(_ key: Key) -> SettingsNode? {
        guard let value = node.value else { return nil }
        let name = name(of: key)
        node.report.ask(name, of: value.id)
        return node[name]
    }

    /// What the file calls the key: a name that was listed is itself, a property is kebab-case.
    private func name(of key: Key) -> String {
        let name = key.stringValue
        if let value = node.value, node.report.hasAsked(name, of: value.id) { return name }
        return Self.kebabCase(name)
    }

    static func kebabCase(_ name: String) -> String {
        var result = ""
        for character in name {
            if character.isUppercase, !result.isEmpty, result.last != "-" { result.append("-") }
            result += character.lowercased()
        }
        return result
    }

    static func camelCase(_ name: String) -> String {
        let words = name.split(separator: "-")
        return words.dropFirst().reduce(String(words.first ?? "")) { result, word in
            result + word.prefix(1).uppercased() + word.dropFirst()
        }
    }

    /// The decoder of a key's value; the stand-in's, with the problem recorded, if it is missing.
    private func decoder(_ key: Key) -> SettingsDecoder {
        if let child = find(key) { return SettingsDecoder(node: child) }
        let name = name(of: key)
        node.missing(name)
        return SettingsDecoder(node: node.absent(name))
    }

    func decode(_ type: Bool.Type, forKey key: Key) -> Bool { decoder(key).decode(type) }
    func decode(_ type: String.Type, forKey key: Key) -> String { decoder(key).decode(type) }
    func decode(_ type: Double.Type, forKey key: Key) -> Double { decoder(key).decode(type) }
    func decode(_ type: Float.Type, forKey key: Key) -> Float { decoder(key).decode(type) }
    func decode(_ type: Int.Type, forKey key: Key) -> Int { decoder(key).decode(type) }
    func decode(_ type: Int8.Type, forKey key: Key) -> Int8 { decoder(key).decode(type) }
    func decode(_ type: Int16.Type, forKey key: Key) -> Int16 { decoder(key).decode(type) }
    func decode(_ type: Int32.Type, forKey key: Key) -> Int32 { decoder(key).decode(type) }
    func decode(_ type: Int64.Type, forKey key: Key) -> Int64 { decoder(key).decode(type) }
    func decode(_ type: UInt.Type, forKey key: Key) -> UInt { decoder(key).decode(type) }
    func decode(_ type: UInt8.Type, forKey key: Key) -> UInt8 { decoder(key).decode(type) }
    func decode(_ type: UInt16.Type, forKey key: Key) -> UInt16 { decoder(key).decode(type) }
    func decode(_ type: UInt32.Type, forKey key: Key) -> UInt32 { decoder(key).decode(type) }
    func decode(_ type: UInt64.Type, forKey key: Key) -> UInt64 { decoder(key).decode(type) }
    func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
        try decoder(key).decode(type)
    }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type, forKey key: Key
    ) -> KeyedDecodingContainer<NestedKey> {
        decoder(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedDecodingContainer {
        decoder(key).unkeyedContainer()
    }

    func superDecoder() -> any Decoder { SettingsDecoder(node: node) }
    func superDecoder(forKey key: Key) -> any Decoder { decoder(key) }
}
