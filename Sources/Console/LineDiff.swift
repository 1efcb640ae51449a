/// The difference of two texts by lines, in the unified format of diff(1).
public struct LineDiff {
    private enum Line {
        case same(Substring)
        case gone(Substring)
        case new(Substring)
    }

    /// How many lines around a change are shown.
    private static let context = 3
    /// The most comparisons; texts that differ in more are shown as replaced whole.
    private static let comparisons = 4_000_000

    private var lines: [Line] = []

    /// The lines of two texts; line ends are not looked at.
    public init(_ old: String, _ new: String) {
        let (old, new) = (Self.lines(old), Self.lines(new))
        let head = zip(old, new).prefix { $0 == $1 }.count
        let tail = zip(old[head...].reversed(), new[head...].reversed()).prefix { $0 == $1 }.count
        lines = old[..<head].map { .same($0) }
        compare(Array(old[head..<(old.count - tail)]), Array(new[head..<(new.count - tail)]))
        lines += old[(old.count - tail)...].map { .same($0) }
    }

    private static func lines(_ text: String) -> [Substring] {
        var lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines
    }

    private mutating func compare(_ old: [Substring], _ new: [Substring]) {
        guard !old.isEmpty, !new.isEmpty, old.count * new.count <= Self.comparisons else {
            lines += old.map { .gone($0) } + new.map { .new($0) }
            return
        }
        var gone: Set<Int> = []
        var fresh: Set<Int> = []
        for change in new.difference(from: old) {
            switch change {
            case .remove(let offset, _, _): gone.insert(offset)
            case .insert(let offset, _, _): fresh.insert(offset)
            }
        }
        var (left, right) = (0, 0)
        while left < old.count || right < new.count {
            if left < old.count, gone.contains(left) {
                lines.append(.gone(old[left]))
                left += 1
            } else if right < new.count, fresh.contains(right) {
                lines.append(.new(new[right]))
                right += 1
            } else {
                lines.append(.same(old[left]))
                (left, right) = (left + 1, right + 1)
            }
        }
    }

    private func isChange(_ index: Int) -> Bool {
        if case .same = lines[index] { false } else { true }
    }

    /// Whether the texts have the same lines.
    public var isEmpty: Bool { !lines.indices.contains { isChange($0) } }

    /// The changed lines with those around them; empty if there are none.
    ///
    /// - Parameters:
    ///   - names: What the old and the new text are called.
    ///   - isColourful: Whether red and green tell them apart too.
    public func text(_ names: (old: String, new: String), isColourful: Bool = false) -> String {
        guard !isEmpty else { return "" }
        var shown = Set<Int>()
        for index in lines.indices where isChange(index) {
            shown.formUnion(index - Self.context...index + Self.context)
        }
        var output = ["--- \(names.old)", "+++ \(names.new)"]
        var (old, new, hunk) = (1, 1, [String]())
        var start = (old, new)
        for index in lines.indices {
            if shown.contains(index) {
                if hunk.isEmpty { start = (old, new) }
                hunk.append(Self.text(lines[index], isColourful))
            }
            switch lines[index] {
            case .same: (old, new) = (old + 1, new + 1)
            case .gone: old += 1
            case .new: new += 1
            }
            guard !hunk.isEmpty, !shown.contains(index + 1) || index + 1 == lines.count else {
                continue
            }
            output.append(Self.head(start, old - start.0, new - start.1))
            output += hunk
            hunk = []
        }
        return output.joined(separator: "\n")
    }

    /// Where a piece begins and how many lines it has; where it has none, the line before it.
    private static func head(_ start: (old: Int, new: Int), _ old: Int, _ new: Int) -> String {
        "@@ -\(start.old - (old == 0 ? 1 : 0)),\(old) +\(start.new - (new == 0 ? 1 : 0)),\(new) @@"
    }

    private static func text(_ line: Line, _ isColourful: Bool) -> String {
        switch line {
        case .same(let text): " " + text
        case .gone(let text): isColourful ? "\u{1B}[31m-\(text)\u{1B}[0m" : "-\(text)"
        case .new(let text): isColourful ? "\u{1B}[32m+\(text)\u{1B}[0m" : "+\(text)"
        }
    }
}
