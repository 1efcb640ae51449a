import Synchronization
import Telemetry

/// What is known of one file beyond its text: the problems found, and which keys were asked for.
/// Shared by all decodes of the file, in whatever module they happen.
final class Report: Sendable {
    private struct State {
        var problems: [SettingsProblem] = []
        /// Problems of other files that this one depends on.
        var adopted: [SettingsProblem] = []
        /// How many more there were than are kept.
        var dropped = 0
        /// Paths whose value is a placeholder: what follows from it is not worth reporting.
        var placeheld: Set<[String]> = []
        /// Keys that were asked for and are not there.
        var missing: Set<[String]> = []
        /// The keys asked for, by the number of the mapping.
        var asked: [Int: [String]] = [:]
        /// Mappings of which not all keys could be asked for.
        var excused: Set<Int> = []
    }

    /// The file's name as it was given.
    let name: String
    private let state = Mutex(State())

    init(name: String) {
        self.name = name
    }

    /// How many problems there are.
    var count: Int {
        state.withLock { $0.problems.count + $0.adopted.count + $0.dropped }
    }

    /// Whether further problems are counted only.
    var isFull: Bool { state.withLock { $0.problems.count >= SettingsLimits.problems } }

    /// Keeps a problem. Unless `isDecoding`, one that follows from a placeholder is dropped.
    func add(_ problem: SettingsProblem, at position: TextPosition, isDecoding: Bool = true) {
        var located = problem
        located.location = SettingsLocation(file: name, position: position)
        state.withLock { state in
            if isDecoding {
                state.placeheld.insert(problem.path)
            } else if Self.follows(problem.path, from: state.placeheld) {
                return
            }
            if state.problems.count < SettingsLimits.problems {
                state.problems.append(located)
            } else {
                state.dropped += 1
            }
        }
    }

    /// Keeps a problem of another file, once.
    func adopt(_ problem: SettingsProblem) {
        state.withLock { state in
            guard !state.adopted.contains(problem) else { return }
            if state.adopted.count < SettingsLimits.problems {
                state.adopted.append(problem)
            } else {
                state.dropped += 1
            }
        }
    }

    private static func follows(_ path: [String], from placeheld: Set<[String]>) -> Bool {
        (0...path.count).contains { placeheld.contains(Array(path.prefix($0))) }
    }

    /// Remembers that somebody decodes a mapping: what nobody asks for in it is unknown.
    func open(_ mapping: Int) {
        state.withLock { $0.asked[mapping, default: []] += [] }
    }

    /// Remembers that a key of a mapping has a meaning.
    func ask(_ key: String, of mapping: Int) {
        state.withLock { state in
            if state.asked[mapping]?.contains(key) != true {
                state.asked[mapping, default: []].append(key)
            }
        }
    }

    /// Remembers that all keys of a mapping have a meaning: they are names.
    func ask(all keys: [String], of mapping: Int) {
        state.withLock { $0.asked[mapping, default: []] = keys }
    }

    /// Remembers that a problem is about a key that is not there.
    func miss(_ path: [String]) {
        _ = state.withLock { $0.missing.insert(path) }
    }

    /// Whether somebody has asked for a key.
    func hasAsked(_ key: String, of mapping: Int) -> Bool {
        state.withLock { $0.asked[mapping]?.contains(key) == true }
    }

    /// Excludes a mapping, and what it contains, from the search for unknown keys, or takes it
    /// in again.
    func excuse(_ node: Int, _ isExcused: Bool = true) {
        state.withLock { state in
            if isExcused { state.excused.insert(node) } else { state.excused.remove(node) }
        }
    }

    /// All problems of the file, those of its unknown keys included: each once, in the order of
    /// their places.
    func problems(in root: YAMLNode?) -> [SettingsProblem] {
        let state = state.withLock { $0 }
        var seen = Set<String>()
        var all = state.problems
        var meant = Meant()
        if let root { collect(from: root, path: [], state, into: &all, &meant) }
        all.removeAll { meant.explains($0, state.missing) }
        all = all.sorted(by: Self.isBefore).filter { seen.insert(Self.identity($0)).inserted }
        all += state.adopted
        let dropped = state.dropped + max(0, all.count - SettingsLimits.problems)
        all = Array(all.prefix(SettingsLimits.problems))
        guard dropped > 0, var last = all.last else { return all }
        last.what = "and \(dropped) more problems"
        last.mend = "mend these first"
        return all + [last]
    }

    /// What is wrong behind an anchor is wrong once, however many aliases bring it in.
    private static func identity(_ problem: SettingsProblem) -> String {
        "\(problem.location?.position ?? .start) \(problem.path.last ?? "") \(problem.mend)"
    }

    private static func isBefore(_ left: SettingsProblem, _ right: SettingsProblem) -> Bool {
        (left.location?.position ?? .start, left.what)
            < (right.location?.position ?? .start, right.what)
    }

    /// What unknown keys were meant to be, and so which other problems follow from them.
    private struct Meant {
        /// Keys that are there under another name.
        var keys: Set<[String]> = []
        /// Values that a decimal comma has cut.
        var cut: Set<[String]> = []

        func explains(_ problem: SettingsProblem, _ missing: Set<[String]>) -> Bool {
            let isMissing =
                missing.contains(problem.path) && problem.what.contains(" is missing in ")
            return isMissing && keys.contains(problem.path) || cut.contains(problem.path)
        }
    }

    /// Adds the keys that nobody has asked for, where somebody has asked at all.
    private func collect(
        from node: YAMLNode, path: [String], _ state: State, into all: inout [SettingsProblem],
        _ meant: inout Meant
    ) {
        guard all.count <= SettingsLimits.problems, !state.excused.contains(node.id) else { return }
        switch node.content {
        case .scalar, .unresolved: return
        case .sequence(let items):
            for (index, item) in items.enumerated() {
                collect(from: item, path: path + [String(index)], state, into: &all, &meant)
            }
        case .mapping(let entries):
            guard let asked = state.asked[node.id] else { return }
            let known = Set(asked)
            for (index, entry) in entries.enumerated() {
                if known.contains(entry.key) {
                    collect(from: entry.value, path: path + [entry.key], state, into: &all, &meant)
                } else {
                    if index > 0, let cut = cut(entries[index - 1], entry, path) {
                        meant.cut.insert(path + [entries[index - 1].key])
                        all.append(cut)
                        continue
                    }
                    let free = asked.filter { node.entry($0) == nil }
                    let near =
                        Spelling.nearest(to: entry.key, among: free)
                        ?? Synonyms.key(entry.key, among: free)
                    if let near { meant.keys.insert(path + [near]) }
                    all.append(unknown(entry, near, path: path, asked: asked, free: free))
                }
            }
        }
    }

    /// The digits behind a decimal comma in braces are a key of their own.
    private func cut(
        _ before: YAMLEntry, _ entry: YAMLEntry, _ path: [String]
    ) -> SettingsProblem? {
        guard entry.value.isEmpty, entry.key.allSatisfy(\.isNumber),
            case .scalar(let number, _) = before.value.content,
            number.last?.isNumber == true, number.utf8.count <= 20
        else { return nil }
        var problem = SettingsProblem(
            path: path + [entry.key],
            what: "a comma ends the value of `\(before.key)`",
            mend: "write a decimal point: \(before.key): \(number).\(entry.key)")
        problem.location = SettingsLocation(file: name, position: entry.keyPosition)
        return problem
    }

    private func unknown(
        _ entry: YAMLEntry, _ near: String?, path: [String], asked: [String], free: [String]
    ) -> SettingsProblem {
        let near =
            near.map { "did you mean `\($0)`?" }
            ?? Spelling.nearest(to: entry.key, among: asked).map { "`\($0)` is there already" }
        let place = path.last.map { "in `\($0)`" } ?? "at the top level"
        let mend: String
        if free.isEmpty {
            mend = near ?? "remove it"
        } else {
            mend = near ?? "possible: " + free.prefix(16).joined(separator: ", ")
        }
        var problem = SettingsProblem(
            path: path + [entry.key], what: "unknown key `\(entry.key)` \(place)", mend: mend)
        problem.location = SettingsLocation(file: name, position: entry.keyPosition)
        return problem
    }
}
