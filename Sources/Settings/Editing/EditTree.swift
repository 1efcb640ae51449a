/// A value of a YAML text by the bytes it stands in. Unlike `YAMLNode`, it keeps aliases as they are
/// and knows how the value is laid out.
struct EditNode: Sendable {
    enum Content: Sendable {
        case scalar(isEmpty: Bool)
        case alias(String)
        case group([EditElement])
        case list([EditElement])
    }

    var content: Content
    var layout: YAMLEvent.Layout
    /// Whether an anchor or a tag stands before it.
    var isMarked: Bool
    /// Its first byte, that of an anchor before it.
    var start: Int
    /// Behind its last byte; a comment or a blank line behind it is not part of it.
    var end: Int

    var elements: [EditElement] {
        switch content {
        case .group(let elements), .list(let elements): elements
        case .scalar, .alias: []
        }
    }

    /// Whether nothing stands where the value should.
    var isNothing: Bool {
        if case .scalar(let isEmpty) = content { isEmpty } else { false }
    }

    var isList: Bool { if case .list = content { true } else { false } }

    var isCollection: Bool {
        switch content {
        case .group, .list: true
        case .scalar, .alias: false
        }
    }
}

/// A key with its value, or an item of a list.
struct EditElement: Sendable {
    /// Nil for an item.
    var key: String?
    /// The first byte of the key, or of the dash; in a flow list of the value.
    var start: Int
    /// Where a value may begin: behind the colon or dash. Nil if there is no colon.
    var opening: Int?
    var value: EditNode
    /// Behind the last byte.
    var end: Int
}

/// Reads a text that has no mistakes, so that depth and size are within `SettingsLimits`.
struct EditTreeReader: ~Copyable {
    private var parser: YAMLParser
    private let text: EditText

    init(_ text: EditText) throws(YAMLMistake) {
        parser = try YAMLParser(YAMLSource(text.bytes))
        self.text = text
    }

    /// The top level; nil if there is none.
    mutating func root() throws(YAMLMistake) -> EditNode? {
        _ = try parser.next()
        guard case .documentStart = try parser.next().kind else { return nil }
        let root = try node(parser.next())
        return root.isNothing ? nil : root
    }

    private mutating func node(_ event: YAMLEvent) throws(YAMLMistake) -> EditNode {
        let start = text.offset(of: event.start)
        var node = EditNode(
            content: .scalar(isEmpty: false), layout: event.layout,
            isMarked: event.anchor != nil || event.tag != nil, start: start,
            end: text.offset(of: event.end))
        switch event.kind {
        case .alias(let name): node.content = .alias(name)
        case .scalar(let value, let isPlain):
            node.content = .scalar(isEmpty: isPlain && value.isEmpty && !node.isMarked)
            if event.layout == .block { node.end = endOfBlock(node) }
        case .mappingStart:
            var elements: [EditElement] = []
            let end = try group(&elements)
            node.content = .group(elements)
            node.end = event.layout == .flow ? end : elements.last?.end ?? end
        case .sequenceStart:
            var items: [EditElement] = []
            let end = try list(&items, node)
            node.content = .list(items)
            node.end = event.layout == .flow ? end : items.last?.end ?? end
        default: break
        }
        return node
    }

    private mutating func group(_ elements: inout [EditElement]) throws(YAMLMistake) -> Int {
        while true {
            let event = try parser.next()
            guard case .scalar(let key, _) = event.kind else { return text.offset(of: event.end) }
            let keyEnd = text.offset(of: event.end)
            let value = try node(parser.next())
            let colon = text.token(from: keyEnd)
            let opening = text.byte(colon) == UInt8(ascii: ":") ? colon + 1 : nil
            elements.append(
                EditElement(
                    key: key, start: text.offset(of: event.start), opening: opening, value: value,
                    end: value.isNothing ? opening ?? keyEnd : value.end))
        }
    }

    private mutating func list(
        _ items: inout [EditElement], _ list: EditNode
    ) throws(YAMLMistake) -> Int {
        while true {
            let event = try parser.next()
            if case .sequenceEnd = event.kind { return text.offset(of: event.end) }
            let value = try node(event)
            let dash = list.layout == .flow ? nil : text.token(from: items.last?.end ?? first(list))
            items.append(
                EditElement(
                    key: nil, start: dash ?? value.start, opening: dash.map { $0 + 1 },
                    value: value,
                    end: value.isNothing ? dash.map { $0 + 1 } ?? value.end : value.end))
        }
    }

    /// The first byte of a list behind its anchor.
    private func first(_ list: EditNode) -> Int {
        var index = list.start
        guard list.isMarked else { return index }
        while let byte = text.byte(index), byte != UInt8(ascii: "-") { index += 1 }
        return index
    }

    /// A block of text (`|`, `>`) ends for libyaml behind the blank lines that follow it.
    private func endOfBlock(_ node: EditNode) -> Int {
        var end = node.end
        let header = text.bytes[node.start..<text.lines[text.line(at: node.start)].upperBound]
        // With `|+` they are part of it.
        if header.prefix(while: { $0 != UInt8(ascii: "#") }).contains(UInt8(ascii: "+")) {
            return end
        }
        while end > node.start, text.column(of: end) == 0 {
            let line = text.line(at: end) - 1
            guard line >= 0, text.lines[line].lowerBound > node.start, text.isBlank(line) else {
                return line >= 0 ? text.lines[line].upperBound : end
            }
            end = text.lines[line].lowerBound
        }
        return end
    }
}
