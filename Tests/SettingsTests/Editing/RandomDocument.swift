import Settings

/// What a text says, as these tests have it: not by the code that is tested.
indirect enum Model: Equatable {
    case text(String)
    case list([Model])
    case group([(key: String, value: Model)])

    static func == (left: Model, right: Model) -> Bool { left.words == right.words }

    /// What a text says; nil if it cannot be read.
    init?(reading text: String) {
        let file = SettingsFile(text: text, name: "f")
        guard let root = file.root else {
            guard file.problems.map(\.what) == ["the file is empty"] else { return nil }
            self = .group([])
            return
        }
        guard file.problems.isEmpty else { return nil }
        self.init(root)
    }

    private init(_ node: SettingsNode) {
        if let text = node.text {
            self = .text(text)
        } else if node.fingerprint.hasPrefix("[") {
            self = .list(node.items.map { Model($0) })
        } else {
            self = .group(node.keys.compactMap { key in node[key].map { (key, Model($0)) } })
        }
    }

    /// The same for the same meaning, whatever the order of keys.
    var words: String {
        switch self {
        case .text(let text): text.debugDescription
        case .list(let items): "[" + items.map(\.words).joined(separator: ",") + "]"
        case .group(let entries):
            "{"
                + entries.map { "\($0.key.debugDescription):\($0.value.words)" }.sorted()
                .joined(separator: ",") + "}"
        }
    }

    /// All paths, those of groups and lists too.
    var paths: [[String]] {
        let inner: [(String, Model)] =
            switch self {
            case .text: []
            case .list(let items): items.enumerated().map { ("\($0)", $1) }
            case .group(let entries): entries.map { ($0.key, $0.value) }
            }
        return inner.flatMap { key, value in [[key]] + value.paths.map { [key] + $0 } }
    }

    subscript(path: ArraySlice<String>) -> Model? {
        guard let key = path.first else { return self }
        switch self {
        case .text: return nil
        case .list(let items):
            guard let index = Int(key), items.indices.contains(index) else { return nil }
            return items[index][path.dropFirst()]
        case .group(let entries):
            return entries.first { $0.key == key }?.value[path.dropFirst()]
        }
    }

    mutating func set(_ path: ArraySlice<String>, to value: Model?) {
        guard let key = path.first else {
            if let value { self = value }
            return
        }
        let isLast = path.count == 1
        switch self {
        case .text: return
        case .list(var items):
            guard let index = Int(key) else { return }
            if isLast {
                if index == items.count, let value {
                    items.append(value)
                } else if let value {
                    items[index] = value
                } else {
                    items.remove(at: index)
                }
            } else {
                items[index].set(path.dropFirst(), to: value)
            }
            self = .list(items)
        case .group(var entries):
            let index = entries.firstIndex { $0.key == key }
            if let index, isLast {
                if let value { entries[index].value = value } else { entries.remove(at: index) }
            } else if let index {
                entries[index].value.set(path.dropFirst(), to: value)
            } else if let value {
                entries.append(
                    (key, path.dropFirst().reversed().reduce(value) { .group([($1, $0)]) }))
            }
            self = .group(entries)
        }
    }
}

/// Writes random values in random layouts, with comments and blank lines.
struct RandomDocument {
    var random: any RandomNumberGenerator
    private var comments = 0
    private let lineBreak: String
    private let step: Int
    private let isIndentless: Bool

    init(_ random: any RandomNumberGenerator) {
        var random = random
        lineBreak = Int.random(in: 0..<4, using: &random) == 0 ? "\r\n" : "\n"
        step = Int.random(in: 1...4, using: &random)
        isIndentless = Bool.random(using: &random)
        self.random = random
    }

    /// A text.
    mutating func make() -> String {
        let model = group(depth: 0)
        var text = chance(3) ? "" : "\(comment())\n\n"
        text += block(model, column: 0)
        if chance(5), !text.contains("|\n") { while text.last == "\n" { text.removeLast() } }
        return text.replacing("\n", with: lineBreak)
    }

    mutating func chance(_ one: Int) -> Bool { Int.random(in: 0..<one, using: &random) == 0 }

    mutating func pick<T>(_ values: [T]) -> T {
        values[Int.random(in: 0..<values.count, using: &random)]
    }

    mutating func value(depth: Int) -> Model {
        switch Int.random(in: 0..<(depth > 3 ? 1 : 4), using: &random) {
        case 1: group(depth: depth + 1)
        case 2:
            .list((0..<Int.random(in: 0..<4, using: &random)).map { _ in value(depth: depth + 1) })
        default:
            .text(
                pick([
                    "1s", "abc", "a b", "mqtt://host:1883", "", "x, y", "#no", "é ü 😀", "a: b",
                    "two\nlines\n", "-5", "[", "'", "\"",
                ]))
        }
    }

    mutating func group(depth: Int) -> Model {
        var entries: [(key: String, value: Model)] = []
        for key in ["a", "b-2", "clé", "d", "e e", "f: g"].shuffled(using: &random)
            .prefix(Int.random(in: (depth == 0 ? 1 : 0)..<5, using: &random))
        {
            entries.append((key, value(depth: depth + 1)))
        }
        return .group(entries)
    }

    // MARK: Writing

    private mutating func comment() -> String {
        comments += 1
        return "# c\(comments)."
    }

    private mutating func tail() -> String { chance(3) ? "  " + comment() : "" }

    private mutating func above(_ column: Int) -> String {
        let indent = String(repeating: " ", count: column)
        var text = chance(6) ? "\n" : ""
        if chance(4) { text += indent + comment() + "\n" }
        if chance(12) { text += indent + "   " + comment() + "\n" }
        return text
    }

    private mutating func block(_ model: Model, column: Int) -> String {
        let indent = String(repeating: " ", count: column)
        switch model {
        case .group(let entries) where !entries.isEmpty:
            return entries.map { entry in
                above(column) + indent + key(entry.key) + ":"
                    + inner(entry.value, column: column, isItem: false)
            }.joined()
        case .list(let items) where !items.isEmpty:
            return items.map { item in
                above(column) + indent + "-" + inner(item, column: column, isItem: true)
            }.joined()
        default: return indent + flow(model) + "\n"
        }
    }

    /// What stands behind a colon or dash, with the line's end.
    private mutating func inner(_ model: Model, column: Int, isItem: Bool) -> String {
        switch model {
        case .text(let text):
            let indent = String(repeating: " ", count: column + step)
            if text.hasSuffix("\n"), chance(2) {
                return " |\n" + text.split(separator: "\n").map { indent + $0 + "\n" }.joined()
                    + (chance(3) ? "\n" : "")
            }
            if chance(8) { return tail() + "\n" + indent + scalar(text) + tail() + "\n" }
            return " " + scalar(text) + tail() + "\n"
        case .group(let entries) where !entries.isEmpty && !chance(4):
            if isItem, chance(2) {
                let lines = block(model, column: column + 2)
                guard lines.hasPrefix(String(repeating: " ", count: column + 2)),
                    lines.dropFirst(column + 2).first.map({ $0 != " " && $0 != "#" }) == true
                else { return "\n" + lines }
                return " " + lines.dropFirst(column + 2)
            }
            return tail() + "\n" + block(model, column: column + (isItem ? step + 1 : step))
        case .list(let items) where !items.isEmpty && !chance(4):
            let further = isItem ? step + 1 : isIndentless ? 0 : step
            return tail() + "\n" + block(model, column: column + further)
        default:
            guard chance(3) else { return " " + flow(model) + tail() + "\n" }
            return " " + wideFlow(model, column: column + 1) + tail() + "\n"
        }
    }

    private mutating func key(_ key: String) -> String {
        key.contains(": ") ? "'\(key)'" : chance(6) ? "\"\(key)\"" : key
    }

    private mutating func scalar(_ text: String) -> String {
        let isSafe = text.allSatisfy { $0.isLetter || $0.isNumber } && !text.isEmpty
        if isSafe, !chance(4) { return text }
        if !text.contains("\n"), chance(2) {
            return "'" + text.replacing("'", with: "''") + "'"
        }
        return "\""
            + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
            .replacing("\n", with: "\\n") + "\""
    }

    private mutating func flow(_ model: Model) -> String {
        switch model {
        case .text(let text): scalar(text)
        case .list(let items):
            "[" + items.map { flow($0) }.joined(separator: pick([", ", ","])) + "]"
        case .group(let entries):
            "{" + entries.map { key($0.key) + ": " + flow($0.value) }.joined(separator: ", ") + "}"
        }
    }

    /// Brackets over several lines.
    private mutating func wideFlow(_ model: Model, column: Int) -> String {
        let indent = "\n" + String(repeating: " ", count: column + step)
        let pieces: [String]
        switch model {
        case .text(let text): return scalar(text)
        case .list(let items): pieces = items.map { flow($0) }
        case .group(let entries): pieces = entries.map { key($0.key) + ": " + flow($0.value) }
        }
        var text = ""
        for (index, piece) in pieces.enumerated() {
            let comma = index < pieces.count - 1 || chance(2) ? "," : ""
            text += indent + (chance(5) ? comment() + indent : "") + piece + comma + tail()
        }
        let end = "\n" + String(repeating: " ", count: column)
        if case .list = model { return "[" + text + end + "]" }
        return "{" + text + end + "}"
    }
}
