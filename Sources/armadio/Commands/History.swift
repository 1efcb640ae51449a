import ArgumentParser
import Console
import Gateway
import Glibc
import Platform
import Technician
import Telemetry

/// `armadio history`: what was read of a point lately, as a plot.
struct History: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Plot what was read of a point in the last hour.",
        discussion: """
            Asks the running gateway, which keeps the last hour of about the first thousand points \
            in pieces of 30 s: the line is each piece's last good value, the uprights are all \
            values in it.

            Examples:
              armadio history meter-1/voltage
              armadio history meter-1/voltage --since 10m --png voltage.png
              armadio history meter-1/voltage --json
            """)

    private static let (usualRows, usualColumns) = (20, 78)

    @OptionGroup var file: ConfigurationOption
    @Option(help: ArgumentHelp("The control socket, if not the configured one.", valueName: "path"))
    var socket: String?
    @Option(help: ArgumentHelp("How far back, at most 1h.", valueName: "time"))
    var since = DurationArgument(.seconds(3600))
    @Option(help: ArgumentHelp("Write a picture; - for standard output.", valueName: "file"))
    var png: String?
    @Flag(help: "Print JSON.")
    var json = false
    @Argument(help: "DEVICE/POINT.")
    var point: String

    func validate() throws {
        guard (1...3600).contains(since.duration.seconds) else {
            throw ValidationError("--since is between 1s and 1h")
        }
        if json && png != nil { throw ValidationError("--json and --png do not go together") }
        if png == "-", isatty(STDOUT_FILENO) == 1 {
            throw ValidationError("--png - does not write a picture to a terminal")
        }
    }

    func run() throws {
        let history = try history()
        if json { return say(try Console.json(history)) }
        let series = TimeSeries(history)
        if let png { return try write(series, to: png) }
        say(text(history, series))
    }

    private func history() throws -> HistoryReport {
        do throws(ControlClient.Failure) {
            let reports = try ControlClient.history(
                of: [point], seconds: since.duration.seconds,
                socket: socket ?? file.controlSocket())
            if let report = reports.first { return report }
            complain("the gateway's answer has no history")
        } catch .refused(let reason) {
            complain(reason)
        } catch {
            complain("\(error)")
            throw Exit.notRunning
        }
        throw Exit.failed
    }

    private func text(_ history: HistoryReport, _ series: TimeSeries) -> String {
        let bad = history.buckets.reduce(0) { $0 + $1.bad }
        let badness = bad == 0 ? "" : "; \(bad) readings not good"
        guard series.range != nil else {
            return
                "\(printable(point)): no number in the last \(timeSpan(series.seconds))\(badness)"
        }
        // A line stays for the prompt.
        let size = TerminalSize.output
        let plot = Plot(series, .ofTerminal).lines(
            columns: (size?.columns ?? Self.usualColumns + 1) - 1,
            rows: min((size?.rows ?? Self.usualRows + 3) - 3, 40))
        return ([printable(point) + badness] + plot).joined(separator: "\n")
    }

    private func write(_ series: TimeSeries, to path: String) throws {
        guard let bytes = plotPNG(series, title: printable(point)) else {
            complain("there is no memory for the picture")
            throw Exit.failed
        }
        if path == "-" { return Console.write(bytes) }
        var status = stat()
        if stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
            complain("\(path) is no file; name one that is to become a picture")
            throw Exit.failed
        }
        do throws(SystemError) {
            try replaceSmallFile(path, with: bytes, mode: 0o644)
        } catch {
            complain("\(error)")
            throw Exit.failed
        }
        say("written to \(path)")
    }
}
