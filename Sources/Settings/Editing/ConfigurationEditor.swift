import Telemetry

/// Edits the YAML text of a configuration in place: what an edit does not concern stays as it is,
/// byte for byte: comments, order, blank lines, quotes, layout, line ends.
///
/// A path is the keys that lead to a value; a list's items count from `0`.
///
/// After each edit the text is read again: if anything but the value at the path has changed its
/// meaning, as it can with anchors and aliases, the edit is refused and the text stays.
///
/// ```swift
/// var editor = try ConfigurationEditor(text: bytes, name: "cabinet.yaml")
/// try editor.set(["telemetry", "interval"], to: "60s")
/// try editor.add(["devices", "meter-2"], "driver: exec\ncommand: [/usr/bin/meter]")
/// try editor.remove(["devices", "meter-1"])
/// ```
public struct ConfigurationEditor: Sendable {
    /// What messages call the text.
    public let name: String
    /// A byte order mark, if there was one.
    private let mark: [UInt8]
    var source: EditText
    var root: EditNode?
    private(set) var value: EditValue

    /// A text that can be read; it need not be a configuration without problems.
    ///
    /// - Throws: What keeps it from being read.
    public init(text: [UInt8], name: String) throws(SettingsProblems) {
        self.name = name
        let hasMark = text.starts(with: [0xEF, 0xBB, 0xBF])
        mark = hasMark ? Array(text.prefix(3)) : []
        source = EditText(hasMark ? Array(text.dropFirst(3)) : text)
        do throws(SettingsProblem) {
            (root, value) = try Self.read(source, name)
        } catch {
            throw SettingsProblems([error])
        }
    }

    /// The text as it is now.
    public var text: [UInt8] { mark + source.bytes }

    /// A text as a YAML scalar: as it is where that can be, else in quotes.
    public static func scalar(_ text: String) -> String { EditSnippet.scalar(text) }

    // MARK: Edits

    /// Gives a key a value, in place of the one it has if it has one. Groups that are missing on the
    /// way are made.
    ///
    /// - Parameter yaml: A scalar, flow or block; it is indented as its place needs it.
    public mutating func set(_ path: [String], to yaml: String) throws(SettingsProblem) {
        let snippet = try snippet(yaml, path)
        switch try find(path) {
        case .value(let container, let index):
            try replace(container, index, with: snippet, path, expecting: snippet.value)
        case .missing(let gap):
            try insert(snippet, into: gap, path)
        }
    }

    /// Adds a key that is not there yet. Groups that are missing on the way are made.
    public mutating func add(_ path: [String], _ yaml: String) throws(SettingsProblem) {
        let snippet = try snippet(yaml, path)
        switch try find(path) {
        case .value(let container, let index):
            throw problem(
                path, "`\(Self.words(path))` is there already", "change it with `set`",
                at: container.elements[index].start)
        case .missing(let gap):
            try insert(snippet, into: gap, path)
        }
    }

    /// Removes a key with its value and with the comment that stands directly above it. A group
    /// that has no other key becomes `{}`.
    public mutating func remove(_ path: [String]) throws(SettingsProblem) {
        switch try find(path) {
        case .value(let container, let index):
            try remove(index, of: container, path)
        case .missing(let gap):
            let known = gap.container?.elements.compactMap(\.key) ?? []
            let advice = Spelling.suggestion(for: path[gap.depth], among: known)
            throw problem(
                path, "there is no `\(Self.words(path.prefix(gap.depth + 1)))`",
                advice ?? (known.isEmpty ? "" : "there are: " + known.joined(separator: ", ")),
                at: gap.container?.start ?? 0)
        }
    }

    // MARK: Finding

    /// Where a path leads.
    enum Place {
        /// To an element that is there.
        case value(EditNode, Int)
        case missing(Gap)
    }

    /// Where a path ends too early.
    struct Gap {
        /// The innermost group or list that is there; nil for none at all. May be nothing.
        var container: EditNode?
        /// What that is the value of; nil for the top level.
        var holder: (container: EditNode, index: Int)?
        /// How many keys of the path lead to it.
        var depth: Int
    }

    private func find(_ path: [String]) throws(SettingsProblem) -> Place {
        guard !path.isEmpty, path.count < SettingsLimits.depth else {
            throw problem(path, "the path has no keys, or too many", "", at: 0)
        }
        var gap = Gap(container: root, holder: nil, depth: 0)
        while let node = gap.container, !node.isNothing {
            let index = try index(of: path, gap.depth, in: node)
            guard let index else { return .missing(gap) }
            if gap.depth == path.count - 1 { return .value(node, index) }
            gap = Gap(
                container: node.elements[index].value, holder: (node, index), depth: gap.depth + 1)
        }
        return .missing(gap)
    }

    /// The element that the path goes on with; nil if it is not there.
    private func index(
        of path: [String], _ depth: Int, in node: EditNode
    ) throws(SettingsProblem) -> Int? {
        let name = Self.words(path.prefix(depth))
        switch node.content {
        case .group(let elements): return elements.firstIndex { $0.key == path[depth] }
        case .list(let items):
            guard let index = Int(path[depth]), (0...items.count).contains(index) else {
                throw problem(
                    path, "`\(name)` is a list", "name an item by its number, from 0",
                    at: node.start)
            }
            return index < items.count ? index : nil
        case .alias(let anchor):
            throw problem(
                path, "`\(name)` is a copy of `&\(anchor)`",
                "change what is marked so, or write the values out by hand", at: node.start)
        case .scalar:
            throw problem(
                path, "`\(name)` is a text and has no key `\(path[depth])`",
                "remove it first, or set it as a whole", at: node.start)
        }
    }

    // MARK: Safety

    /// Replaces pieces of the text, which do not overlap, and looks at what comes of it.
    mutating func change(
        _ pieces: [(range: Range<Int>, text: String)], _ path: [String], expecting value: EditValue?
    ) throws(SettingsProblem) {
        try change(pieces, path, toBe: self.value.with(value, at: path[...]))
    }

    mutating func change(
        _ pieces: [(range: Range<Int>, text: String)], _ path: [String], toBe expected: EditValue
    ) throws(SettingsProblem) {
        var bytes = source.bytes
        for piece in pieces.sorted(by: { $0.range.lowerBound > $1.range.lowerBound }) {
            bytes.replaceSubrange(piece.range, with: piece.text.utf8)
        }
        let next = EditText(bytes)
        let place = pieces.first?.range.lowerBound ?? 0
        let result: (EditNode?, EditValue)
        do throws(SettingsProblem) {
            result = try Self.read(next, name)
        } catch {
            throw problem(
                path, "`\(Self.words(path))` cannot be changed safely here: \(error.what)",
                "change it by hand", at: place)
        }
        if let other = result.1.difference(from: expected) {
            throw problem(
                path, "`\(Self.words(other))` would change too", "change it by hand", at: place)
        }
        (root, self.value) = result
        source = next
    }

    private static func read(
        _ text: EditText, _ name: String
    ) throws(SettingsProblem) -> (EditNode?, EditValue) {
        let document = YAMLDocument(text.bytes)
        do throws(YAMLMistake) {
            if let mistake = document.mistakes.first { throw mistake }
            var reader = try EditTreeReader(text)
            let value = EditValue(document.root)
            // An empty file says the same as one with an empty group.
            return (try reader.root(), value == .nothing ? .group([:]) : value)
        } catch {
            throw SettingsProblem(
                path: [], what: error.what, mend: error.mend,
                location: SettingsLocation(file: name, position: error.position))
        }
    }

    private func snippet(
        _ yaml: String, _ path: [String]
    ) throws(SettingsProblem) -> EditSnippet {
        do throws(YAMLMistake) {
            return try EditSnippet(yaml)
        } catch {
            throw SettingsProblem(
                path: path, what: "the value of `\(Self.words(path))`: \(error.what)",
                mend: error.mend)
        }
    }

    func problem(
        _ path: [String], _ what: String, _ mend: String, at offset: Int
    ) -> SettingsProblem {
        SettingsProblem(
            path: path, what: what, mend: mend,
            location: SettingsLocation(file: name, position: source.position(of: offset)))
    }

    static func words(_ path: some Sequence<String>) -> String {
        let words = path.joined(separator: ".")
        return words.isEmpty ? "the configuration" : words
    }

    /// How far in a group stands in its group: as the text has it first, or two blanks.
    var step: Int {
        for element in root?.elements ?? [] {
            guard element.value.layout == .block, !element.value.isList,
                let inner = element.value.elements.first
            else { continue }
            let step = source.column(of: inner.start) - source.column(of: element.start)
            if (1...8).contains(step) { return step }
        }
        return 2
    }
}
