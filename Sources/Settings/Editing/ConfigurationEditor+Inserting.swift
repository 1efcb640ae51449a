/// Putting values in.
extension ConfigurationEditor {
    mutating func insert(
        _ snippet: EditSnippet, into gap: Gap, _ path: [String]
    ) throws(SettingsProblem) {
        let rest = path[(gap.depth + 1)...]
        let wrapped = rest.reversed().reduce(snippet) { $0.under($1, step: step) }
        let key = path[gap.depth]
        let container = gap.container
        // An empty group at its indentation may have its keys on lines of their own.
        let isEmptyFlow =
            container?.layout == .flow && container?.elements.isEmpty == true
            && container?.isList == false && gap.holder?.container.layout == .block
        if container?.isNothing == true || isEmptyFlow, let holder = gap.holder {
            try replace(
                holder.container, holder.index, with: wrapped.under(key, step: step), path,
                expecting: snippet.value)
        } else if let container, !container.isNothing {
            let piece =
                container.layout == .flow
                ? try flowPieces(key, wrapped, container, path)
                : [blockPiece(key, wrapped, container)]
            try change(piece, path, expecting: snippet.value)
        } else {
            let lines = wrapped.entry(key, step: step)
            try change(
                [linesPiece(lines, at: source.bytes.count)], path, expecting: snippet.value)
        }
    }

    /// Behind the last entry and the comment lines that belong to it.
    private func blockPiece(
        _ key: String, _ snippet: EditSnippet, _ container: EditNode
    ) -> (range: Range<Int>, text: String) {
        guard let last = container.elements.last else { return (container.end..<container.end, "") }
        let column = source.column(of: last.start)
        let lines = container.isList ? snippet.item() : snippet.entry(key, step: step)
        return linesPiece(
            EditSnippet.indented(lines[...], column), at: lineEnd(of: last, deeperThan: column))
    }

    /// Where the line begins that follows an element and the comments that stand further in.
    func lineEnd(of element: EditElement, deeperThan column: Int) -> Int {
        // A block of text that keeps its last line breaks ends at the beginning of a line.
        var line = source.line(at: element.end)
        if element.end > element.start, source.column(of: element.end) == 0 { line -= 1 }
        while line + 1 < source.lines.count, source.isComment(line + 1),
            source.indentation(of: line + 1) > column
        { line += 1 }
        return source.start(behind: line)
    }

    /// Lines at the beginning of a line, or behind a last one that is not ended.
    private func linesPiece(_ lines: [String], at offset: Int) -> (range: Range<Int>, text: String)
    {
        let text = lines.joined(separator: source.lineBreak)
        let isOpen = offset > 0 && source.column(of: offset) > 0
        return (
            offset..<offset, isOpen ? source.lineBreak + text : text + source.lineBreak
        )
    }

    private func flowPieces(
        _ key: String, _ snippet: EditSnippet, _ container: EditNode, _ path: [String]
    ) throws(SettingsProblem) -> [(range: Range<Int>, text: String)] {
        let close = container.end - 1
        guard let byte = source.byte(close), byte == (container.isList ? 0x5D : 0x7D) else {
            throw problem(
                path, "nothing can be added to a group without brackets in a list",
                "change it by hand", at: container.start)
        }
        let name = EditSnippet.scalar(key, inFlow: true)
        let entry = container.isList ? snippet.flow : "\(name): \(snippet.flow)"
        guard let last = container.elements.last else { return [(close..<close, entry)] }
        let next = source.token(from: last.end)
        let hasComma = source.byte(next) == UInt8(ascii: ",")
        let end = hasComma ? next + 1 : last.end
        let line = source.line(at: end)
        guard source.beginsLine(last.start), source.line(at: close) > line else {
            return [(end..<end, (hasComma ? " " : ", ") + entry)]
        }
        let lineStart = source.lines[source.line(at: last.start)].lowerBound
        let indent = String(repeating: " ", count: last.start - lineStart)
        let lineEnd = source.lines[line].upperBound
        let text = source.lineBreak + indent + entry + (hasComma ? "," : "")
        guard !hasComma else { return [(lineEnd..<lineEnd, text)] }
        return lineEnd == end
            ? [(end..<end, "," + text)] : [(end..<end, ","), (lineEnd..<lineEnd, text)]
    }

    // MARK: Replacing

    mutating func replace(
        _ container: EditNode, _ index: Int, with snippet: EditSnippet, _ path: [String],
        expecting value: EditValue
    ) throws(SettingsProblem) {
        let element = container.elements[index]
        let old = element.value
        if old.isMarked {
            throw problem(
                path, "`\(Self.words(path))` has an anchor or a tag", "change it by hand",
                at: old.start)
        }
        let piece =
            container.layout == .flow
            ? flowReplacement(element, snippet.flow) : blockReplacement(element, snippet)
        try change([piece], path, expecting: value)
    }

    private func flowReplacement(
        _ element: EditElement, _ flow: String
    ) -> (range: Range<Int>, text: String) {
        let old = element.value
        guard old.isNothing else { return (old.start..<old.end, flow) }
        let isBare = element.key != nil && element.opening == nil
        return (element.end..<element.end, (isBare ? ": " : " ") + flow)
    }

    private func blockReplacement(
        _ element: EditElement, _ snippet: EditSnippet
    ) -> (range: Range<Int>, text: String) {
        let old = element.value
        let column = source.column(of: element.start)
        let opening = element.opening ?? element.end
        let isItem = element.key == nil
        let indent = isItem ? 2 : step
        let rest = EditSnippet.indented(snippet.lines.dropFirst(), column + indent)
        if !snippet.isBlock || isItem {
            let text = ([snippet.lines[0]] + rest).joined(separator: source.lineBreak)
            let isInPlace = !old.isNothing && (!old.isCollection || old.layout == .flow)
            if isInPlace { return (old.start..<old.end, text) }
            let comment = old.isNothing || !rest.isEmpty ? "" : source.comment(behind: opening)
            return (opening..<(old.isNothing ? opening : old.end), " " + text + comment)
        }
        // The key's line, or what is left of the old value's last one, keeps its comment.
        let end = old.isNothing ? opening : old.end
        let isBelow = source.line(at: opening) < source.line(at: old.start)
        let comment = source.comment(behind: isBelow && !old.isNothing ? opening : end)
        let lines = EditSnippet.indented(snippet.lines[...], column + indent)
        let text = ([comment] + lines).joined(separator: source.lineBreak)
        return (opening..<end + source.comment(behind: end).utf8.count, text)
    }
}
