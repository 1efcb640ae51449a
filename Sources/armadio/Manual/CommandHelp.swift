/// What the argument parser's help says of a command's arguments. It tells that to people alone, or
/// as JSON that FoundationEssentials writes, which the program is linked without.
struct CommandHelp {
    /// Wide enough that no line is wrapped.
    static let columns = 100_000
    /// Where the texts begin, behind the labels (HelpGenerator.labelColumnWidth).
    private static let textColumn = 26

    /// An argument, an option or a flag: `-c, --config <config>`, and what it is for.
    struct Entry: Equatable {
        var label: String
        var text: String
    }

    /// What follows the command's words: `<target> [--json]`.
    private(set) var usage = ""
    private(set) var entries: [Entry] = []

    /// Reads the help of the command with these words.
    init(_ help: String, of words: [String]) {
        let head = "USAGE: " + words.joined(separator: " ")
        let lines = help.split(separator: "\n")
        guard let start = lines.firstIndex(where: { $0.hasPrefix(head) }) else { return }
        usage = Self.trimmed(lines[start].dropFirst(head.count))
        var isEntries = false
        for line in lines[(start + 1)...] {
            if line.first != " " {
                isEntries = line.hasSuffix(":") && line != "SUBCOMMANDS:"
            } else if isEntries {
                read(line)
            }
        }
    }

    /// A line of two spaces and a label begins an entry; one with more goes on with its text.
    private mutating func read(_ line: Substring) {
        if line.dropFirst(2).first != " " {
            let label = line.prefix(Self.textColumn)
            let isAlone = label.last != " "
            entries.append(
                Entry(
                    label: Self.trimmed(isAlone ? line : label),
                    text: isAlone ? "" : Self.trimmed(line.dropFirst(Self.textColumn))))
        } else if let last = entries.indices.last {
            let text = Self.trimmed(line)
            entries[last].text += entries[last].text.isEmpty ? text : " " + text
        }
    }

    private static func trimmed(_ text: Substring) -> String {
        var text = text
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
