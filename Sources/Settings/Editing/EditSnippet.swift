/// A value that is put into a text.
struct EditSnippet {
    /// What it says.
    let value: EditValue
    /// Whether it is laid out by indentation and begins on a line of its own.
    let isBlock: Bool
    /// Its lines, the first at indentation 0.
    let lines: [String]
    /// The same on one line, fit for standing in brackets.
    let flow: String

    /// Reads a piece of YAML: a scalar, flow or block.
    init(_ yaml: String) throws(YAMLMistake) {
        // The last line of a block of text ends in the text that it is put into.
        let isOpen = yaml.utf8.contains(0x0A) && yaml.utf8.last != 0x0A
        let bytes = Array(yaml.utf8) + (isOpen ? [0x0A] : [])
        let document = YAMLDocument(bytes)
        if let mistake = document.mistakes.first { throw mistake }
        let text = EditText(bytes)
        var reader = try EditTreeReader(text)
        guard let node = document.root, let tree = try reader.root() else {
            throw YAMLMistake(
                position: .start, what: "there is no value",
                mend: "write one, or \"\" for an empty text")
        }
        try Self.refuseMarks(in: tree, text)
        value = EditValue(node)
        flow = Self.flow(node)
        isBlock = tree.isCollection && tree.layout == .block
        // Comments before a value on one line have no place there.
        let first = isBlock ? 0 : text.line(at: tree.start)
        var lines = text.lines[first...].map { String(decoding: bytes[$0], as: UTF8.self) }
        while lines.last?.allSatisfy({ $0 == " " || $0 == "\t" }) == true { lines.removeLast() }
        let start = text.column(of: tree.start)
        let inner = lines.dropFirst().filter { !$0.isEmpty }.map(Self.blanks).min() ?? 0
        for (index, line) in lines.enumerated() {
            let column = isBlock || index == 0 ? start : inner
            lines[index] = String(line.dropFirst(min(Self.blanks(line), column)))
        }
        self.lines = lines
    }

    private init(value: EditValue, lines: [String], flow: String) {
        (self.value, self.lines, self.flow) = (value, lines, flow)
        isBlock = true
    }

    /// The group that has this value alone.
    func under(_ key: String, step: Int) -> EditSnippet {
        EditSnippet(
            value: .group([key: value]), lines: entry(key, step: step),
            flow: "{\(Self.scalar(key, inFlow: true)): \(flow)}")
    }

    /// The lines of an entry with this value.
    func entry(_ key: String, step: Int) -> [String] {
        let name = Self.scalar(key)
        guard !isBlock else { return ["\(name):"] + Self.indented(lines[...], step) }
        return ["\(name): \(lines[0])"] + Self.indented(lines.dropFirst(), step)
    }

    /// The lines of a list's item with this value.
    func item() -> [String] { ["- \(lines[0])"] + Self.indented(lines.dropFirst(), 2) }

    /// Lines further in; those that are empty stay so.
    static func indented(_ lines: ArraySlice<String>, _ count: Int) -> [String] {
        let blanks = String(repeating: " ", count: count)
        return lines.map { $0.isEmpty ? $0 : blanks + $0 }
    }

    private static func blanks(_ line: String) -> Int { line.prefix { $0 == " " }.count }

    private static func refuseMarks(
        in node: EditNode, _ text: EditText
    ) throws(YAMLMistake) {
        if case .alias = node.content { throw marked(node, text) }
        if node.isMarked { throw marked(node, text) }
        for element in node.elements {
            if element.key == "<<" { throw marked(element.value, text) }
            try refuseMarks(in: element.value, text)
        }
    }

    private static func marked(_ node: EditNode, _ text: EditText) -> YAMLMistake {
        YAMLMistake(
            position: text.position(of: node.start),
            what: "anchors, aliases and tags cannot be put in by a command",
            mend: "write the value out, or put quotes around it")
    }

    // MARK: Writing

    private static func flow(_ node: YAMLNode) -> String {
        switch node.content {
        case .unresolved: "\"\""
        case .scalar(let text, _): node.isEmpty ? "" : scalar(text, inFlow: true)
        case .sequence(let items): "[" + items.map { flow($0) }.joined(separator: ", ") + "]"
        case .mapping(let entries):
            "{"
                + entries.map { scalar($0.key, inFlow: true) + ": " + flow($0.value) }
                .joined(separator: ", ") + "}"
        }
    }

    /// A text as a scalar: plain where that can be, else in double quotes.
    static func scalar(_ text: String, inFlow: Bool = false) -> String {
        isPlain(text, inFlow) ? text : quoted(text)
    }

    private static func isPlain(_ text: String, _ inFlow: Bool) -> Bool {
        let scalars = Array(text.unicodeScalars)
        guard let first = scalars.first, let last = scalars.last else { return false }
        if "?:,[]{}#&*!|>'\"%@`".unicodeScalars.contains(first) || text == "<<" { return false }
        if YAMLAdvice.oddCharacter(in: text, at: .start) != nil { return false }
        if text.hasPrefix("---") || text.hasPrefix("...") || text == "-" { return false }
        guard first != " ", last != " ", last != ":" else { return false }
        for (index, scalar) in scalars.enumerated() {
            let next = index + 1 < scalars.count ? scalars[index + 1] : " "
            if scalar.value < 0x20 || (0x7F...0xA0).contains(scalar.value) { return false }
            if (0x2028...0x2029).contains(scalar.value) || scalar.value == 0xFEFF { return false }
            if scalar == ":" && next == " " || scalar == " " && next == "#" { return false }
            if index == 0 && scalar == "-" && next == " " { return false }
            if inFlow {
                if ",[]{}".unicodeScalars.contains(scalar) { return false }
                if scalar == ":" && (next == "?" || next == ":") { return false }
            }
        }
        return true
    }

    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\r": quoted += "\\r"
            case "\t": quoted += "\\t"
            default:
                let value = scalar.value
                let isOdd =
                    value < 0x20 || (0x7F...0x9F).contains(value)
                    || (0x2028...0x2029).contains(value) || value == 0xFEFF || value == 0xFFFE
                    || value == 0xFFFF
                guard isOdd else {
                    quoted.unicodeScalars.append(scalar)
                    continue
                }
                let digits = String(value, radix: 16, uppercase: true)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            }
        }
        return quoted + "\""
    }
}
