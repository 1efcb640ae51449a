import JSON
import Telemetry

/// A command as the argument parser describes it: the part of its JSON that the pages need.
struct CommandTree: Decodable {
    var commandName: String
    var shouldDisplay: Bool?
    var superCommands: [String]?
    var abstract: String?
    var discussion: String?
    var subcommands: [CommandTree]?
    var arguments: [Argument]?

    /// An argument, an option or a flag.
    struct Argument: Decodable {
        struct Name: Decodable {
            var kind: String
            var name: String

            /// With its dashes.
            var text: String { (kind == "long" ? "--" : "-") + name }
        }

        var kind: String
        var shouldDisplay: Bool
        var isOptional: Bool
        var isRepeating: Bool
        var names: [Name]?
        var valueName: String?
        var defaultValue: String?
        var allValues: [String]?
        var abstract: String?
        var discussion: String?

        var isPositional: Bool { kind == "positional" }
        var takesValue: Bool { kind != "flag" }
    }

    private struct Dump: Decodable {
        var command: CommandTree
    }

    /// Reads what `--experimental-dump-help` prints.
    init(dump: String) throws {
        self = try JSONDecoder().decode(Dump.self, from: dump.utf8).command
    }

    /// `armadio config apply`
    var words: [String] { (superCommands ?? []) + [commandName] }
    /// `armadio-config-apply`
    var page: String { words.joined(separator: "-") }

    /// The commands below it that are shown, without the parser's own `help`.
    var children: [CommandTree] {
        (subcommands ?? []).filter { $0.shouldDisplay != false && $0.commandName != "help" }
    }

    /// It and all that are below it.
    var all: [CommandTree] { [self] + children.flatMap(\.all) }

    /// What is written behind it, and shown.
    var options: [Argument] { (arguments ?? []).filter(\.shouldDisplay) }

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

    private var blocks: [String] {
        (discussion ?? "").parts(between: "\n\n").map(String.init)
    }
}
