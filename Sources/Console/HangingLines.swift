/// Lines of at most so many columns, broken at blanks; those after the first are indented. A word
/// that is longer than a line, such as a path, is left whole.
public func hangingLines(_ text: String, columns: Int?, indent: Int = 0) -> [String] {
    guard let columns, text.count > columns else { return [text] }
    let margin = String(repeating: " ", count: indent)
    var lines: [String] = []
    var (line, hasWords) = ("", false)
    // Blanks that align columns stay as they are.
    for word in text.split(separator: " ", omittingEmptySubsequences: false) {
        if hasWords, !word.isEmpty, line.count + 1 + word.count > columns {
            while line.last == " " { line.removeLast() }
            lines.append(line)
            line = margin + word
        } else {
            line += (line.isEmpty && !hasWords ? "" : " ") + word
        }
        hasWords = true
    }
    return lines + [line]
}

/// A text of several lines for a terminal of 80 columns. What follows stands as far in as its line
/// began, behind the dash of a list.
public func wrapped(_ text: String, columns: Int = 79) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).flatMap { line in
        hangingLines(
            String(line), columns: columns, indent: line.prefix { $0 == " " || $0 == "-" }.count)
    }.joined(separator: "\n")
}
