import ArgumentParser
import Console
import Glibc
import Platform

/// `armadio demo`: the whole of it on one machine, with nothing configured.
struct Demo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the gateway at work: simulated meters, a private broker, no hardware.",
        discussion: """
            Starts three simulated meters, a broker of its own on a free loopback port and the \
            gateway, and shows what the platform receives. b stops and starts the broker: the \
            journal fills, and drains when the broker is back. q ends it all. Needs the packages \
            mosquitto and mosquitto-clients.

            Without a terminal it prints a line a second and ends after --seconds.

            Examples:
              armadio demo
              armadio demo --seconds 20 --outage 5-10 | cat
            """)

    @Option(help: ArgumentHelp("End after so many seconds.", valueName: "n"))
    var seconds: Int?
    @Option(
        help: ArgumentHelp(
            "Stop the broker at one second and start it at another.", valueName: "from-to"))
    var outage: String?

    func validate() throws {
        if let seconds, seconds < 1 { throw ValidationError("--seconds is 1 or more") }
        if outage != nil && outageSeconds == nil {
            throw ValidationError("--outage takes two seconds, the first the smaller, like 5-10")
        }
    }

    private var outageSeconds: Range<Int>? {
        let ends = (outage ?? "").split(separator: "-").compactMap { Int($0) }
        return ends.count == 2 && ends[0] < ends[1] ? ends[0]..<ends[1] : nil
    }

    func run() async throws {
        let signals = try SignalStream.of([SIGINT, SIGTERM, SIGHUP])
        signal(SIGPIPE, SIG_IGN)
        let isTerminal = isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1
        do {
            let show = try DemoShow(
                scene: DemoScene(), isTerminal: isTerminal,
                seconds: seconds ?? (isTerminal ? nil : 20), outage: outageSeconds)
            let watcher = Task {
                for await _ in signals { await show.end() }
            }
            defer { watcher.cancel() }
            try await show.run()
        } catch {
            complain("\(error)")
            throw Exit.failed
        }
    }
}
