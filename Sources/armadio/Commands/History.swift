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
        abstract: "Plot what was read of a point.",
        discussion: """
            The running gateway keeps the last hour of about the first thousand points in pieces \
            of 30 s. Beyond that, and where no gateway runs, the journal is read, which has what \
            was not delivered at once: the first lines say from when to when there are readings. \
            In the plot the line is each piece's last good value, the uprights are all values in \
            it.

            Examples:
              armadio history meter-1/voltage
              armadio history meter-1/voltage --since 2d
              armadio history meter-1/voltage --since 10m --png voltage.png
              armadio history meter-1/voltage --json
            """)

    private static let (usualRows, usualColumns) = (20, 78)
    /// The longest time that is shown.
    private static let longest = Duration.seconds(3660 * 86_400)

    @OptionGroup var file: ConfigurationOption
    @OptionGroup var socket: SocketOption
    @Option(help: ArgumentHelp("How far back, such as 10m or 2d.", valueName: "time"))
    var since = DurationArgument(.seconds(3600))
    @Option(
        help: ArgumentHelp(
            "Read the journal in this folder alone, such as another cabinet's.",
            valueName: "folder"), completion: .directory)
    var journal: String?
    @Option(help: ArgumentHelp("Write a picture; - for standard output.", valueName: "file"))
    var png: String?
    @Flag(help: "Print JSON.")
    var json = false
    @Argument(help: "DEVICE/POINT.", completion: Offer.points)
    var point: String

    func validate() throws {
        guard (.seconds(1)...Self.longest).contains(since.duration) else {
            throw ValidationError("--since is between 1s and 3660d")
        }
        if json && png != nil { throw ValidationError("--json and --png do not go together") }
        if journal != nil && socket.socket != nil {
            throw ValidationError("with --journal no gateway is asked; leave out --socket")
        }
        if png == "-", isatty(STDOUT_FILENO) == 1 {
            throw ValidationError("--png - does not write a picture to a terminal")
        }
    }

    func run() throws {
        let history = try journal.map(read) ?? ask()
        if json { return say(try Console.json(history)) }
        let series = TimeSeries(history.report)
        if let png { return try write(series, to: png) }
        say(text(history, series))
    }

    private var span: Double { since.duration.seconds }

    /// What a journal has that nobody is asked about.
    private func read(_ journal: String) throws -> PointHistory {
        var history = PointHistory(of: point, span: span, gateway: nil)
        do {
            try read(journal, into: &history)
        } catch {
            complain("\(error); name the journal's folder, and be in the group armadio")
            throw Exit.failed
        }
        if history.count > 0 { return history }
        complain("\(journal) has no reading of \(printable(point)) in the last \(timeSpan(span))")
        throw Exit.failed
    }

    private func read(_ journal: String, into history: inout PointHistory) throws {
        var progress = ProgressLine("reading the journal")
        defer { progress.end() }
        try history.read(journal: journal) { progress.show($0) }
    }

    /// What the gateway remembers, and what it has in the journal where that does not reach.
    private func ask() throws -> PointHistory {
        var (report, failure): (HistoryReport?, ControlClient.Failure?)
        do throws(ControlClient.Failure) {
            report = try ControlClient.history(
                of: [point], seconds: min(span, 3600),
                socket: socket.socket ?? file.controlSocket()
            ).first
        } catch {
            failure = error
        }
        var history = PointHistory(of: point, span: span, gateway: report)
        if report != nil && history.isWhole { return history }
        do {
            try read(file.journalDirectory(), into: &history)
        } catch {
            complain("the journal was not read: \(error)")
        }
        guard let failure else { return history }
        complain("\(failure)")
        if history.count > 0 { return history }
        throw failure.exitCode
    }

    private func text(_ history: PointHistory, _ series: TimeSeries) -> String {
        let bad = history.report.buckets.reduce(0) { $0 + $1.bad }
        let badness = bad == 0 ? "" : "; \(bad) readings not good"
        let head = [printable(point) + badness] + history.lines
        guard series.range != nil else {
            return (head + ["no number in the last \(timeSpan(span))"]).joined(separator: "\n")
        }
        // A line stays for the prompt.
        let size = TerminalSize.output
        let plot = Plot(series, .ofTerminal).lines(
            columns: (size?.columns ?? Self.usualColumns + 1) - 1,
            rows: min(size.map { $0.rows - 1 - head.count } ?? Self.usualRows, 40))
        return (head + plot).joined(separator: "\n")
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
