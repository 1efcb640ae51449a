import ArgumentParser
import Console
import Gateway
import Technician

/// `armadio status`: how is the running gateway doing?
struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show how the running gateway is doing.",
        discussion: """
            What is wrong comes first, each with the next step: ! does not work, * works and \
            needs a look, - is worth knowing. On a terminal long lists are cut to its size.

            Asks the gateway over its control socket; the user needs to be in the group armadio. \
            Of the configuration it needs only that socket, so it works also while the file has \
            problems.

            Examples:
              armadio status
              armadio status --all
              armadio status --json
            """)

    @OptionGroup var file: ConfigurationOption
    @OptionGroup var socket: SocketOption
    @Flag(help: "Show long lists to their end.")
    var all = false
    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let report = try socket.ask(file) { (path) throws(ControlClient.Failure) in
            try ControlClient.status(socket: path)
        }
        guard !json else { return say(try Console.json(JudgedStatus(report))) }
        let text = StatusText(
            report, screen: TerminalSize.output, isWhole: all, isColourful: isColourful)
        say(text.text)
    }
}
