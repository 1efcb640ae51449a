/// A mapping from names to things that keeps the order it was written in.
public struct NamedList<Element> {
    /// One name and what it stands for.
    public typealias Entry = (name: String, value: Element)

    /// The entries, in the order they were written in.
    public var entries: [Entry]

    /// A list of entries, empty unless given.
    public init(_ entries: [Entry] = []) {
        self.entries = entries
    }

    /// What the first entry with this name stands for.
    public subscript(name: String) -> Element? {
        entries.first { $0.name == name }?.value
    }
}

extension NamedList: Sendable where Element: Sendable {}

extension NamedList: Equatable where Element: Equatable {
    public static func == (left: Self, right: Self) -> Bool {
        left.entries.elementsEqual(right.entries) { $0.name == $1.name && $0.value == $1.value }
    }
}

extension NamedList: Decodable where Element: Decodable {
    private struct Name: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    /// Decodes a mapping; the order is that of the decoder's `allKeys`.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Name.self)
        entries = try container.allKeys.map { key in
            (key.stringValue, try container.decode(Element.self, forKey: key))
        }
    }
}
