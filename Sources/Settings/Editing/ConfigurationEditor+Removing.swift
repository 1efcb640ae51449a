/// Taking values out.
extension ConfigurationEditor {
    mutating func remove(
        _ index: Int, of container: EditNode, _ path: [String]
    ) throws(SettingsProblem) {
        let range: Range<Int>
        var text = ""
        if container.elements.count == 1 {
            (range, text) = try whole(container, path)
        } else if container.layout == .flow {
            range = flowRange(index, of: container)
        } else {
            range = try blockRange(index, of: container, path)
        }
        try change([(range, text)], path, expecting: nil)
    }

    /// The lines of an entry, with the comment above it.
    private func blockRange(
        _ index: Int, of container: EditNode, _ path: [String]
    ) throws(SettingsProblem) -> Range<Int> {
        let element = container.elements[index]
        let column = source.column(of: element.start)
        guard source.beginsLine(element.start) else {
            // The first key behind a dash: the next one takes its place.
            guard index + 1 < container.elements.count else {
                throw problem(
                    path, "`\(Self.words(path))` has no line of its own", "remove it by hand",
                    at: element.start)
            }
            return element.start..<container.elements[index + 1].start
        }
        let line = source.line(at: element.start)
        return commentStart(above: line, column)..<lineEnd(ofRemoved: element, column)
    }

    /// Where the comment directly above a line begins; the line's start if there is none. A comment
    /// at the file's beginning is about the whole file.
    private func commentStart(above line: Int, _ column: Int) -> Int {
        var first = line
        while first > 0, source.isComment(first - 1), source.indentation(of: first - 1) == column {
            first -= 1
        }
        return source.lines[first == 0 ? line : first].lowerBound
    }

    /// Behind an entry's lines and the comments that stand further in, blank lines before those
    /// included.
    private func lineEnd(ofRemoved element: EditElement, _ column: Int) -> Int {
        var end = lineEnd(of: element, deeperThan: column)
        var line = source.line(at: end)
        while line < source.lines.count, source.column(of: end) == 0 {
            if source.isComment(line), source.indentation(of: line) > column {
                end = source.start(behind: line)
            } else if !source.isBlank(line) {
                break
            }
            line += 1
        }
        return end
    }

    /// An entry in brackets with one comma.
    private func flowRange(_ index: Int, of container: EditNode) -> Range<Int> {
        let elements = container.elements
        let element = elements[index]
        let next = source.token(from: element.end)
        let end = source.byte(next) == UInt8(ascii: ",") ? next + 1 : element.end
        let line = source.line(at: end)
        let isAlone =
            source.beginsLine(element.start)
            && (source.lines[line].upperBound == end || !source.comment(behind: end).isEmpty)
        if isAlone {
            let first = source.line(at: element.start)
            let column = source.column(of: element.start)
            return commentStart(above: first, column)..<source.start(behind: line)
        }
        if index + 1 < elements.count { return element.start..<elements[index + 1].start }
        let previous = elements[index - 1].end
        // The comma of the line before may stay.
        guard source.line(at: previous) == source.line(at: element.start) else {
            return element.start..<end
        }
        return previous..<element.end
    }

    /// What stands in place of a group or list whose only element goes.
    private func whole(
        _ container: EditNode, _ path: [String]
    ) throws(SettingsProblem) -> (Range<Int>, String) {
        if container.isMarked {
            throw problem(
                path, "`\(Self.words(path.dropLast()))` has an anchor or a tag",
                "remove it by hand", at: container.start)
        }
        let empty = container.isList ? "[]" : "{}"
        guard container.layout == .block, let element = container.elements.first else {
            guard let byte = source.byte(container.start), byte == 0x7B || byte == 0x5B else {
                throw problem(
                    path, "`\(Self.words(path))` is all there is in its group",
                    "remove it by hand", at: container.start)
            }
            return (container.start..<container.end, empty)
        }
        let column = source.column(of: element.start)
        guard path.count > 1 else {
            let line = source.line(at: element.start)
            return (commentStart(above: line, column)..<lineEnd(ofRemoved: element, column), "")
        }
        guard source.beginsLine(element.start) else {
            return (element.start..<element.end, empty)
        }
        return try emptied(container, element, path, empty)
    }

    /// The element's lines go, and what holds it says that it is empty.
    private func emptied(
        _ container: EditNode, _ element: EditElement, _ path: [String], _ empty: String
    ) throws(SettingsProblem) -> (Range<Int>, String) {
        guard let opening = opening(of: container, in: root) else {
            throw problem(
                path, "`\(Self.words(path))` is all there is in its group", "remove it by hand",
                at: container.start)
        }
        let column = source.column(of: element.start)
        let end = lineEnd(ofRemoved: element, column)
        let start = commentStart(above: source.line(at: element.start), column)
        // The key's line and comments that stay between it and the element.
        let kept = String(decoding: source.bytes[opening..<start], as: UTF8.self)
        return (opening..<end, " " + empty + kept)
    }

    /// Behind the colon or dash that a value belongs to.
    private func opening(of node: EditNode, in parent: EditNode?) -> Int? {
        for element in parent?.elements ?? [] {
            if element.value.start == node.start, element.value.end == node.end,
                element.value.isCollection
            {
                return element.opening
            }
            if (element.start..<element.end).contains(node.start),
                let opening = opening(of: node, in: element.value)
            {
                return opening
            }
        }
        return nil
    }
}
