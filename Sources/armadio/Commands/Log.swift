import ArgumentParser
import Console
import Gateway

/// `armadio log`: the last lines of the running gateway's log.
struct Log: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the running gateway's last log lines.",
        discussion: """
            Asks the running gateway over its control socket; the user needs to be in the group \
            armadio. The gateway keeps its last 1,000 lines in memory.

            Examples:
              armadio log -n 20
              armadio log --json
            """)

    @OptionGroup var file: ConfigurationOption
    @OptionGroup var socket: SocketOption
    @Option(name: .customShort("n"), help: "How many lines.")
    var lines = 100
    @Flag(help: "Go on with new lines until Ctrl-C.")
    var follow = false
    @Flag(help: "Print JSON, one object a line.")
    var json = false

    func run() throws {
        try socket.ask(file) { (path) throws(ControlClient.Failure) in
            try ControlClient.log(
                lines: lines, follow: follow, socket: path,
                onMissed: { complain("\($0) lines were missed") },
                onLine: { (line) throws(ControlClient.Failure) in
                    say(text(line))
                    return true
                })
        }
    }

    private func text(_ line: LogLine) -> String {
        if json, let object = line.jsonLine { return object }
        return "\(timeSpan(line.ageSeconds)) ago \(line.level): "
            + printable(line.text + logFields(line.fields ?? [:]))
    }
}
