/// A place in a text: line and column count from 1, the column in characters (Unicode code
/// points), as editors show them.
public struct TextPosition: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The line, from 1.
    public var line: Int
    /// The column, from 1.
    public var column: Int

    /// A place.
    public init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    /// Where every text begins.
    public static let start = TextPosition(line: 1, column: 1)

    public static func < (left: TextPosition, right: TextPosition) -> Bool {
        (left.line, left.column) < (right.line, right.column)
    }

    public var description: String { "\(line):\(column)" }
}

/// One value of a YAML text with its place in it.
struct YAMLNode: Sendable {
    /// The kinds of value. Nothing is guessed: a scalar is its text.
    enum Content: Sendable {
        /// A text; `isPlain` if it stands without quotes and is no block.
        case scalar(text: String, isPlain: Bool)
        case sequence([YAMLNode])
        /// Keys and values in the order they were written in; no key twice.
        case mapping([YAMLEntry])
        /// An alias, or a mapping that merges one, whose value is not known; a mistake says so.
        case unresolved
    }

    /// Its number in its tree. What an alias brings in has numbers of its own.
    let id: Int
    /// Its first character.
    let start: TextPosition
    /// Behind its last character.
    let end: TextPosition
    let content: Content

    /// The value of a key; nil if there is none or this is no mapping.
    func entry(_ key: String) -> YAMLEntry? {
        guard case .mapping(let entries) = content else { return nil }
        return entries.first { $0.key == key }
    }

    /// The node, unless its value is not known.
    var resolved: YAMLNode? {
        if case .unresolved = content { nil } else { self }
    }

    /// Whether nothing stands where a value should.
    var isEmpty: Bool {
        if case .scalar(let text, let isPlain) = content { isPlain && text.isEmpty } else { false }
    }

    /// The content as one line of text: the same for the same content, wherever it stands and
    /// however it is laid out.
    var canonicalText: String {
        switch content {
        case .scalar(let text, _): isEmpty ? "" : text.debugDescription
        case .unresolved: ""
        case .sequence(let items): "[" + items.map(\.canonicalText).joined(separator: ",") + "]"
        case .mapping(let entries):
            "{"
                + entries.map { $0.key.debugDescription + ":" + $0.value.canonicalText }
                .joined(separator: ",") + "}"
        }
    }
}

/// One key of a mapping with its value.
struct YAMLEntry: Sendable {
    let key: String
    let keyPosition: TextPosition
    let value: YAMLNode
}
