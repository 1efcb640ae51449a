import Telemetry

/// A YAML text as a tree, with all mistakes that could be found in one pass.
struct YAMLDocument {
    /// The tree; nil if the text could not be read to its end, or is empty.
    let root: YAMLNode?
    let mistakes: [YAMLMistake]

    init(_ bytes: [UInt8]) {
        var composer: YAMLComposer
        do {
            composer = try YAMLComposer(YAMLParser(YAMLSource(bytes)))
        } catch {
            root = nil
            mistakes = [error]
            return
        }
        do {
            root = try composer.document()
            mistakes = composer.mistakes
        } catch {
            root = nil
            mistakes = composer.mistakes + [error]
        }
    }
}

/// Builds the tree from libyaml's events. Aliases are copied in, merge keys (`<<`) resolved.
struct YAMLComposer: ~Copyable {
    /// Mistakes that do not keep the rest from being read.
    private(set) var mistakes: [YAMLMistake] = []
    private var parser: YAMLParser
    private var anchors: [String: YAMLNode] = [:]
    /// Anchors whose value is still being read: an alias to one would be a loop.
    private var open: Set<String> = []
    private var count = 0

    init(_ parser: consuming YAMLParser) {
        self.parser = parser
    }

    /// The only document of the text; nil if there is none.
    mutating func document() throws(YAMLMistake) -> YAMLNode? {
        _ = try parser.next()
        guard case .documentStart = try parser.next().kind else { return nil }
        let root = try node(parser.next(), depth: 1)
        _ = try parser.next()
        let last = try parser.next()
        guard case .streamEnd = last.kind else {
            throw YAMLMistake(
                position: last.start, what: "a second document begins here",
                mend: "remove the `---` line; one file is one configuration")
        }
        return root
    }

    /// The value that begins with `event`.
    private mutating func node(_ event: YAMLEvent, depth: Int) throws(YAMLMistake) -> YAMLNode {
        if case .alias(let name) = event.kind { return try alias(name, event, depth: depth) }
        checkTag(event)
        if let anchor = event.anchor { open.insert(anchor) }
        let (content, end) = try content(event, depth: depth)
        let node = try make(content, from: event.start, to: end, depth: depth, at: event.start)
        if let anchor = event.anchor {
            anchors[anchor] = node
            open.remove(anchor)
        }
        return node
    }

    private mutating func content(
        _ event: YAMLEvent, depth: Int
    ) throws(YAMLMistake) -> (YAMLNode.Content, TextPosition) {
        switch event.kind {
        case .sequenceStart:
            try checkDepth(depth, at: event.start)
            return try sequence(depth: depth)
        case .mappingStart:
            try checkDepth(depth, at: event.start)
            return try mapping(depth: depth)
        case .scalar(let text, let isPlain):
            if isPlain, let mistake = YAMLAdvice.oddCharacter(in: text, at: event.start) {
                mistakes.append(mistake)
            }
            return (.scalar(text: text, isPlain: isPlain), event.end)
        default: return (.scalar(text: "", isPlain: true), event.end)
        }
    }

    private mutating func sequence(depth: Int) throws(YAMLMistake) -> (
        YAMLNode.Content, TextPosition
    ) {
        var items: [YAMLNode] = []
        while true {
            let event = try parser.next()
            if case .sequenceEnd = event.kind { return (.sequence(items), event.end) }
            items.append(try node(event, depth: depth + 1))
        }
    }

    private mutating func mapping(depth: Int) throws(YAMLMistake) -> (
        YAMLNode.Content, TextPosition
    ) {
        var entries = YAMLMappingBuilder()
        while true {
            let event = try parser.next()
            if case .mappingEnd = event.kind { return (entries.finish(), event.end) }
            guard case .scalar(let key, let isPlain) = event.kind else {
                throw Self.noKey(event.start)
            }
            checkTag(event)
            let value = try node(parser.next(), depth: depth + 1)
            let entry = YAMLEntry(key: key, keyPosition: event.start, value: value)
            let mistake = isPlain && key == "<<" ? entries.merge(entry) : entries.add(entry)
            if let mistake { mistakes.append(mistake) }
        }
    }

    private static func noKey(_ position: TextPosition) -> YAMLMistake {
        YAMLMistake(
            position: position, what: "a key must be a plain name",
            mend: "put quotes around a value that begins with `{`, `[` or `*`")
    }

    private mutating func alias(
        _ name: String, _ event: YAMLEvent, depth: Int
    ) throws(YAMLMistake) -> YAMLNode {
        if let node = anchors[name], !open.contains(name) {
            return try copy(node, depth: depth, at: event.start)
        }
        let known = Spelling.suggestion(for: name, among: anchors.keys.sorted())
        mistakes.append(
            open.contains(name)
                ? YAMLMistake(
                    position: event.start, what: "`*\(name)` stands inside the value it names",
                    mend: "a value cannot contain itself")
                : YAMLMistake(
                    position: event.start, what: "there is no `&\(name)` above this line",
                    mend: known ?? "put quotes around a value that begins with `*`"))
        return try make(
            .unresolved, from: event.start, to: event.end, depth: depth, at: event.start)
    }

    /// The tree once more, with numbers of its own; the positions remain those of the anchor.
    private mutating func copy(
        _ node: YAMLNode, depth: Int, at position: TextPosition
    ) throws(YAMLMistake) -> YAMLNode {
        try checkDepth(depth, at: position)
        let content: YAMLNode.Content
        switch node.content {
        case .scalar, .unresolved: content = node.content
        case .sequence(let items):
            var copies: [YAMLNode] = []
            for item in items { copies.append(try copy(item, depth: depth + 1, at: position)) }
            content = .sequence(copies)
        case .mapping(let entries):
            var copies: [YAMLEntry] = []
            for entry in entries {
                let value = try copy(entry.value, depth: depth + 1, at: position)
                copies.append(
                    YAMLEntry(key: entry.key, keyPosition: entry.keyPosition, value: value))
            }
            content = .mapping(copies)
        }
        return try make(content, from: node.start, to: node.end, depth: depth, at: position)
    }

    private mutating func make(
        _ content: YAMLNode.Content, from start: TextPosition, to end: TextPosition, depth: Int,
        at position: TextPosition
    ) throws(YAMLMistake) -> YAMLNode {
        count += 1
        guard count <= SettingsLimits.nodes else {
            throw YAMLMistake(
                position: position,
                what: "the file has more than \(SettingsLimits.nodes) values, with those that "
                    + "aliases (`*name`) bring in",
                mend: "use fewer aliases of aliases")
        }
        return YAMLNode(id: count, start: start, end: end, content: content)
    }

    private func checkDepth(_ depth: Int, at position: TextPosition) throws(YAMLMistake) {
        guard depth > SettingsLimits.depth else { return }
        throw YAMLMistake(
            position: position, what: "more than \(SettingsLimits.depth) groups inside each other",
            mend: "check the brackets")
    }

    private mutating func checkTag(_ event: YAMLEvent) {
        guard let name = event.tag else { return }
        let standard = "tag:yaml.org,2002:"
        let tag = name.hasPrefix(standard) ? "!!" + name.dropFirst(standard.count) : name
        mistakes.append(
            YAMLMistake(
                position: event.start, what: "the tag `\(tag)` is not understood",
                mend: "remove it, or put quotes around a value that begins with `!`"))
    }
}
