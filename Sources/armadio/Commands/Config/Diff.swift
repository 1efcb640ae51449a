import ArgumentParser
import Console
import Gateway
import Settings

/// `armadio config diff`: what of the file is not in use.
struct ConfigDiff: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff", abstract: "Show what of the file is not in use yet.",
        discussion: """
            With a number, compares that version of `armadio config history` with the file.

            Examples:
              armadio config diff
              armadio config diff --json
            """)

    @Argument(help: "The version that the file is compared with.")
    var number: Int?
    @OptionGroup var file: ConfigurationOption
    @OptionGroup var socket: SocketOption
    @Flag(help: "Print JSON.")
    var json = false

    private struct Report: Encodable {
        var file: String
        var isSame: Bool
        var diff: String
    }

    func run() throws {
        guard let text = SettingsFile.text(path: file.path) else {
            file.complain(SettingsFile(path: file.path).problems)
            throw Exit.badConfiguration
        }
        let other = try socket.ask(file) { (path) throws(ControlClient.Failure) in
            try ControlClient.configurationText(number, socket: path)
        }
        let name = number.map { "version \($0)" } ?? "in use"
        let diff = LineDiff(other, text)
        let names = (name, file.path)
        guard !json else {
            return say(
                try Console.json(
                    Report(file: file.path, isSame: text == other, diff: diff.text(names))))
        }
        if diff.isEmpty {
            say(
                text == other
                    ? "\(file.path) is \(name)" : "\(file.path) differs in line ends alone")
        } else {
            say(diff.text(names, isColourful: isColourful))
        }
    }
}
