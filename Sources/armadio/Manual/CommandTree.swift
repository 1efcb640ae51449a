import ArgumentParser

/// A command as its page shows it: what its definition says, and how its help puts the rest.
struct CommandTree {
    /// `armadio config apply`
    var words: [String]
    var abstract: String
    var discussion: String
    var help: CommandHelp
    /// The commands below it that are shown.
    var children: [CommandTree]

    /// The whole tree below a command.
    init(of command: any ParsableCommand.Type = Armadio.self, below above: [String] = []) {
        let words = above + [command._commandName]
        let definition = command.configuration
        self.words = words
        abstract = definition.abstract
        discussion = definition.discussion
        help = CommandHelp(
            Armadio.helpMessage(for: command, columns: CommandHelp.columns), of: words)
        children = definition.subcommands.filter { $0.configuration.shouldDisplay }
            .map { CommandTree(of: $0, below: words) }
    }

    /// `armadio-config-apply`
    var page: String { words.joined(separator: "-") }

    /// It and all that are below it.
    var all: [CommandTree] { [self] + children.flatMap(\.all) }

    /// The discussion's paragraphs, without the examples.
    var paragraphs: [String] {
        blocks.filter { !$0.hasPrefix("Example") && !$0.hasPrefix("Exit codes:") }
    }

    /// The lines of the examples.
    var examples: [String] {
        blocks.filter { $0.hasPrefix("Example") }.flatMap { block in
            block.split(separator: "\n").compactMap { line in
                if line.hasPrefix("Example: ") { return String(line.dropFirst(9)) }
                return line.hasPrefix("  ") ? String(line.dropFirst(2)) : nil
            }
        }
    }

    /// Parted by empty lines.
    private var blocks: [String] {
        discussion.split(separator: "\n", omittingEmptySubsequences: false)
            .split(separator: "").map { $0.joined(separator: "\n") }
    }
}
