import ArgumentParser
import Console
import Gateway
import Glibc
import Platform
import Technician

/// `armadio watch`: the running gateway, live.
struct Watch: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Watch the gateway and its points live.",
        discussion: """
            On a terminal it fills the screen: what is wrong first, links, journal, load of the \
            buses, and all points with their value, quality, age and a small plot of the last \
            minutes. `?` lists the keys, q leaves. Elsewhere, and with --plain or --json, it \
            writes a line for each point whose value or quality has changed, until Ctrl-C.

            A gateway that is started anew is waited for.

            Examples:
              armadio watch
              armadio watch meter-1/ door --every 5s
              armadio watch --plain
              armadio watch --json
            """)

    @OptionGroup var file: ConfigurationOption
    @Option(help: ArgumentHelp("The control socket, if not the configured one.", valueName: "path"))
    var socket: String?
    @Option(help: ArgumentHelp("How often to look, from 200ms to 60s.", valueName: "time"))
    var every = DurationArgument(.seconds(1))
    @Flag(help: "Write lines, on a terminal too.")
    var plain = false
    @Flag(help: "Write JSON, one object a line.")
    var json = false
    @Argument(help: "Only points whose DEVICE/POINT contains one of these.")
    var filters: [String] = []

    func validate() throws {
        guard ControlLimits.liveSeconds.contains(every.duration.seconds) else {
            throw ValidationError("--every is between 200ms and 60s")
        }
    }

    func run() throws {
        let screen = plain || json ? nil : TerminalScreen()
        let pipe = try SignalStream.pipe(
            of: screen == nil ? WatchLines.signals : WatchSession.signals)
        let (socket, seconds) = (socket ?? file.controlSocket(), every.duration.seconds)
        do {
            if let screen {
                try WatchSession(
                    socket: socket, every: seconds, filters: filters, screen: screen, pipe: pipe
                ).run()
            } else {
                try WatchLines(
                    socket: socket, every: seconds, filters: filters, asJSON: json, pipe: pipe
                ).run()
            }
        } catch let error as ControlClient.Failure {
            complain("\(error)")
            throw error.exitCode
        }
    }
}
