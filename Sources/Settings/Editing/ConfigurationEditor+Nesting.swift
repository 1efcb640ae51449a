/// A key of the top level put into a group of its own.
extension ConfigurationEditor {
    /// Makes `group: {key: ...}` of a key of the top level, its lines further in and otherwise as
    /// they were: `uplink` becomes the first of the `uplinks`.
    public mutating func nest(_ key: String, in group: String) throws(SettingsProblem) {
        guard let element = root?.elements.first(where: { $0.key == key }),
            let inner = value[key], root?.layout == .block
        else { throw problem([key], "there is no `\(key)` on a line of its own", "", at: 0) }
        let first = source.line(at: element.start)
        var last = source.line(at: max(element.start, element.end - 1))
        while last + 1 < source.lines.count, source.isComment(last + 1),
            source.indentation(of: last + 1) > 0
        { last += 1 }
        let blanks = String(repeating: " ", count: step)
        var pieces: [(range: Range<Int>, text: String)] = []
        for line in first...last where !source.isBlank(line) {
            let start = source.lines[line].lowerBound
            let head = line == first ? EditSnippet.scalar(group) + ":" + source.lineBreak : ""
            pieces.append((start..<start, head + blanks))
        }
        let expected = value.with(nil, at: [key]).with(.group([key: inner]), at: [group])
        try change(pieces, [group, key], toBe: expected)
    }
}
