import Boards
import Gateway
import Settings
import Telemetry

/// The man page of one command, from its definition.
struct ManualPage {
    let command: CommandTree
    /// The whole tree, for the pages to see also.
    let root: CommandTree

    /// `armadio-read.1`
    var file: String { command.page + ".1" }

    /// The page's source.
    var source: String {
        let sections = [
            heading, synopsis, description, commands, options, examples, exitStatus, files,
            seeAlso,
        ]
        return sections.joined().joined(separator: "\n") + "\n"
    }

    private var heading: [String] {
        let title = command.page.uppercased().replacing("-", with: "\\-")
        return [
            ".TH \"\(title)\" 1 \"\" \"armadio \(Armadio.version)\" \"Armadio\"",
            ".nh", ".ad l", ".SH NAME",
            Roff.text(command.page) + " \\- " + Roff.text(Self.withoutStop(command.abstract)),
        ]
    }

    private var synopsis: [String] {
        let words = Roff.bold(command.words.joined(separator: " "))
        let rest =
            command.children.isEmpty
            ? Roff.usage(command.help.usage) : Roff.italic("command") + " \\&..."
        return [".SH SYNOPSIS", rest.isEmpty ? words : words + " " + rest]
    }

    private var description: [String] {
        [".SH DESCRIPTION", Roff.sentence(command.abstract)]
            + command.paragraphs.flatMap { [".PP", Roff.sentence($0)] }
    }

    private var commands: [String] {
        guard !command.children.isEmpty else { return [] }
        return [".SH COMMANDS"]
            + command.children.flatMap { child in
                [
                    ".TP", Roff.bold(child.page) + "(1)",
                    Roff.sentence(child.abstract),
                ]
            }
    }

    private var options: [String] {
        guard !command.help.entries.isEmpty else { return [] }
        return [".SH OPTIONS"]
            + command.help.entries.flatMap { entry in
                [".TP", Roff.usage(entry.label), Roff.sentence(entry.text)]
            }
    }

    private var examples: [String] {
        guard !command.examples.isEmpty else { return [] }
        return [".SH EXAMPLES", ".nf"] + command.examples.map(Roff.text) + [".fi"]
    }

    private var exitStatus: [String] {
        [".SH EXIT STATUS"]
            + Exit.table.flatMap { meaning in
                [".TP", Roff.bold("\(meaning.code.rawValue)"), Roff.text(meaning.sentence)]
            }
    }

    private var files: [String] {
        let files = [
            (ConfigurationOption.usualPath, "the configuration"),
            (ProfileLibrary.usualFolder, "device profiles of your own"),
            (BoardLibrary.usualFolder, "boards of your own"),
            (ControlSettings().socket, "the control socket of the running gateway"),
        ]
        return [".SH FILES"]
            + files.flatMap { [".TP", Roff.italic($0.0), Roff.text($0.1)] }
    }

    /// The commands above it, beside it and below it.
    private var seeAlso: [String] {
        let above = command.words.dropLast()
        let parent = root.all.first { $0.words == Array(above) }
        let beside = above.count > 1 ? parent?.children ?? [] : []
        let pages = ([parent].compactMap(\.self) + beside + command.children)
            .map(\.page).filter { $0 != command.page }
        guard !pages.isEmpty else { return [] }
        return [".SH SEE ALSO", pages.map { Roff.bold($0) + "(1)" }.joined(separator: ",\n")]
    }

    /// The line of NAME ends without a full stop (man-pages(7)).
    private static func withoutStop(_ sentence: String) -> String {
        sentence.hasSuffix(".") ? String(sentence.dropLast()) : sentence
    }
}
