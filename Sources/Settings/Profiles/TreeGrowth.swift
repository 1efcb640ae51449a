/// Makes new nodes for a tree, with numbers that none of it has.
struct TreeGrowth {
    private var next: Int

    /// Nodes beside those of this tree.
    init(behind root: YAMLNode) {
        next = root.largestID + 1
    }

    /// How many have been made, and how many there were.
    var count: Int { next }

    private mutating func number() -> Int {
        defer { next += 1 }
        return next
    }

    mutating func scalar(_ text: String, at place: TextPosition) -> YAMLNode {
        node(.scalar(text: text, isPlain: true), at: place)
    }

    mutating func mapping(_ entries: [YAMLEntry], at place: TextPosition) -> YAMLNode {
        node(.mapping(entries), at: place)
    }

    private mutating func node(_ content: YAMLNode.Content, at place: TextPosition) -> YAMLNode {
        YAMLNode(id: number(), start: place, end: place, content: content)
    }

    /// A node of another tree, as if it stood at a place of this one.
    mutating func copy(_ other: YAMLNode, to place: TextPosition) -> YAMLNode {
        switch other.content {
        case .scalar, .unresolved: return node(other.content, at: place)
        case .sequence(let items):
            var copies: [YAMLNode] = []
            for item in items { copies.append(copy(item, to: place)) }
            return node(.sequence(copies), at: place)
        case .mapping(let entries):
            var copies: [YAMLEntry] = []
            for entry in entries { copies.append(copy(entry, to: place)) }
            return node(.mapping(copies), at: place)
        }
    }

    mutating func copy(_ other: YAMLEntry, to place: TextPosition) -> YAMLEntry {
        YAMLEntry(key: other.key, keyPosition: place, value: copy(other.value, to: place))
    }
}

extension YAMLNode {
    /// The same node with other keys.
    func with(entries: [YAMLEntry]) -> YAMLNode {
        YAMLNode(id: id, start: start, end: end, content: .mapping(entries))
    }

    var entries: [YAMLEntry]? {
        if case .mapping(let entries) = content { entries } else { nil }
    }

    /// The largest number in the tree.
    fileprivate var largestID: Int {
        switch content {
        case .scalar, .unresolved: id
        case .sequence(let items): items.reduce(id) { max($0, $1.largestID) }
        case .mapping(let entries): entries.reduce(id) { max($0, $1.value.largestID) }
        }
    }
}
