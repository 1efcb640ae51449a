/// Lines of at most so many columns, broken at blanks; those after the first are indented. A word
/// that is longer than a line, such as a path, is left whole.
public func wrapped(_ text: String, columns: Int?, indent: Int = 0) -> [String] {
    guard let columns, text.count > columns else { return [text] }
    let margin = String(repeating: " ", count: indent)
    var lines: [String] = []
    var line = ""
    // Blanks that align columns stay as they are.
    for word in text.split(separator: " ", omittingEmptySubsequences: false) {
        let isFirst = line.isEmpty || line == margin
        if !isFirst, line.count + 1 + word.count > columns {
            lines.append(line)
            line = margin + word
        } else {
            line += (line.isEmpty || line == margin ? "" : " ") + word
        }
    }
    return lines + [line]
}
