/// The items of a list, for a type's `init(from:)`.
struct SettingsSequence: UnkeyedDecodingContainer {
    private let node: SettingsNode
    private let items: [SettingsNode]
    private(set) var currentIndex = 0

    init(node: SettingsNode) {
        self.node = node
        items = node.items
    }

    var codingPath: [any CodingKey] { node.path.map(PathKey.init(stringValue:)) }
    var count: Int? { items.count }
    var isAtEnd: Bool { currentIndex >= items.count }

    /// No item is nil: an empty one is a mistake.
    mutating func decodeNil() -> Bool { false }

    /// The decoder of the next item; the stand-in's, with the problem recorded, behind the last.
    private mutating func next() -> SettingsDecoder {
        defer { currentIndex += 1 }
        if currentIndex < items.count { return SettingsDecoder(node: items[currentIndex]) }
        node.problem("\(node.subject) has only \(items.count) items", mend: "add the missing ones")
        return SettingsDecoder(node: node.absent(String(currentIndex)))
    }

    mutating func decode(_ type: Bool.Type) -> Bool { next().decode(type) }
    mutating func decode(_ type: String.Type) -> String { next().decode(type) }
    mutating func decode(_ type: Double.Type) -> Double { next().decode(type) }
    mutating func decode(_ type: Float.Type) -> Float { next().decode(type) }
    mutating func decode(_ type: Int.Type) -> Int { next().decode(type) }
    mutating func decode(_ type: Int8.Type) -> Int8 { next().decode(type) }
    mutating func decode(_ type: Int16.Type) -> Int16 { next().decode(type) }
    mutating func decode(_ type: Int32.Type) -> Int32 { next().decode(type) }
    mutating func decode(_ type: Int64.Type) -> Int64 { next().decode(type) }
    mutating func decode(_ type: UInt.Type) -> UInt { next().decode(type) }
    mutating func decode(_ type: UInt8.Type) -> UInt8 { next().decode(type) }
    mutating func decode(_ type: UInt16.Type) -> UInt16 { next().decode(type) }
    mutating func decode(_ type: UInt32.Type) -> UInt32 { next().decode(type) }
    mutating func decode(_ type: UInt64.Type) -> UInt64 { next().decode(type) }
    mutating func decode<T: Decodable>(_ type: T.Type) throws -> T { try next().decode(type) }

    mutating func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type
    ) -> KeyedDecodingContainer<NestedKey> {
        next().container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer() -> any UnkeyedDecodingContainer {
        next().unkeyedContainer()
    }

    mutating func superDecoder() -> any Decoder { next() }
}
