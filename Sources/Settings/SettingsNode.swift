/// One value of the configuration, with its place: what a module gets that decodes its own part.
///
/// Several modules may decode the same node, each the keys it knows; a key that none of them
/// asked for is unknown. Problems go to the list of the file the node belongs to.
public struct SettingsNode: Sendable {
    /// The keys that lead to it.
    public let path: [String]
    /// The value; nil for the stand-in that placeholders are decoded from.
    let value: YAMLNode?
    /// Where its key stands; nil at the top level and in a list.
    let keyPosition: TextPosition?
    let report: Report

    /// Decodes the node as `type`.
    ///
    /// Problems are added to the file's list, and decoding goes on behind them: the result is
    /// fit for use only if the list is empty in the end.
    ///
    /// - Returns: nil if there is no sensible value even with placeholders.
    public func decode<T: Decodable>(_ type: T.Type) -> T? {
        if let value { report.excuse(value.id, false) }
        return try? SettingsReader(node: self).read(type)
    }

    /// Leaves the node to another module: until that has called `decode`, no key of it is unknown.
    public func leaveOpen() {
        if let value { report.excuse(value.id) }
    }

    /// Gives a meaning to keys that no type asks for.
    func allow(_ keys: [String]) {
        guard let value else { return }
        for key in keys { report.ask(key, of: value.id) }
    }

    /// Whether it only stands in for what is missing.
    var isAbsent: Bool { value == nil }

    /// Adds a problem with this value to the file's list, unless it follows from one that is
    /// there already.
    public func report(_ what: String, mend: String = "") {
        guard let value else { return }
        let problem = SettingsProblem(path: path, what: what, mend: mend)
        report.add(problem, at: value.start, isDecoding: false)
    }

    /// The node's content as one line: equal for equal content, wherever it stands and whatever
    /// its layout and comments. A reload compares it to see what has not changed.
    public var fingerprint: String { value?.canonicalText ?? "" }

    /// Where the value begins and where it ends (behind its last character).
    public var range: Range<TextPosition> {
        let start = value?.start ?? .start
        return start..<max(start, value?.end ?? start)
    }

    /// The value of one key.
    public subscript(key: String) -> SettingsNode? {
        guard let entry = value?.entry(key) else { return nil }
        return child(entry)
    }

    /// The names of a mapping in the order they were written in; empty for anything else.
    public var keys: [String] { entries.map(\.key) }

    /// The text of a scalar; nil for anything else.
    public var text: String? {
        if case .scalar(let text, _) = value?.content { text } else { nil }
    }

    var entries: [YAMLEntry] {
        if case .mapping(let entries) = value?.content { entries } else { [] }
    }

    /// The items of a sequence; empty for anything else.
    public var items: [SettingsNode] {
        guard case .sequence(let items) = value?.content else { return [] }
        return items.enumerated().map { index, item in
            SettingsNode(
                path: path + [String(index)], value: item.resolved, keyPosition: nil, report: report
            )
        }
    }

    func child(_ entry: YAMLEntry) -> SettingsNode {
        SettingsNode(
            path: path + [entry.key], value: entry.value.resolved, keyPosition: entry.keyPosition,
            report: report)
    }

    /// The stand-in for a value that is missing.
    func absent(_ key: String) -> SettingsNode {
        SettingsNode(path: path + [key], value: nil, keyPosition: nil, report: report)
    }

    /// This node's stand-in.
    var absent: SettingsNode {
        SettingsNode(path: path, value: nil, keyPosition: keyPosition, report: report)
    }

    /// How messages name the value: `` `port` ``, or `item 2 of `servers`` `.
    var subject: String {
        guard let last = path.last else { return "the configuration" }
        guard keyPosition == nil, let index = Int(last) else { return "`\(last)`" }
        return "item \(index + 1)" + (path.dropLast().last.map { " of `\($0)`" } ?? "")
    }
}

extension SettingsNode: Equatable {
    /// Equal content, wherever it stands.
    public static func == (left: Self, right: Self) -> Bool {
        left.fingerprint == right.fingerprint
    }
}

extension SettingsNode: Decodable {
    /// The node itself, undecoded; only a `SettingsDecoder` has one.
    public init(from decoder: any Decoder) throws {
        guard let decoder = decoder as? SettingsDecoder else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "not a configuration file"))
        }
        self = decoder.node
    }
}
