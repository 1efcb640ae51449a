import ArgumentParser
import Journal
import Telemetry

/// Which readings of a journal are wanted.
struct ReadingFilter: ParsableArguments {
    @Option(help: ArgumentHelp("Of this point alone.", valueName: "device/point"))
    var point: String?
    @Option(
        help: ArgumentHelp(
            "Taken at this time or later: ISO 8601, or an age such as 2h.", valueName: "time"))
    var since: TimeArgument?
    @Option(help: ArgumentHelp("Taken before this time.", valueName: "time"))
    var until: TimeArgument?
    @Option(help: ArgumentHelp("Of this queue alone: urgent or normal.", valueName: "queue"))
    var queue: Priority?
    @Flag(help: "Only what is still to be sent.")
    var unsent = false

    var queues: [Priority] { queue.map { [$0] } ?? Priority.allCases }

    func wants(_ time: WallTime, _ path: String) -> Bool {
        (point ?? path) == path && since.map { time >= $0.time } ?? true
            && until.map { time < $0.time } ?? true
    }
}

/// `armadio journal dump`
struct JournalDump: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dump", abstract: "Print the readings of a journal.",
        discussion: """
            One line a reading, in order: its identity (epoch and sequence), time, point, value, \
            unit and quality. Gaps and damage stand in their place. A time whose clock nobody had \
            set is marked so.

            Examples:
              armadio journal dump --since 2h --point meter-1/voltage
              armadio journal dump --csv --unsent > readings.csv
            """)

    @OptionGroup var journal: JournalOption
    @OptionGroup var filter: ReadingFilter
    @Flag(help: "A JSON object a line.")
    var json = false
    @Flag(help: "Comma-separated values with a heading (RFC 4180).")
    var csv = false
    @Option(help: ArgumentHelp("Stop after so many lines.", valueName: "count"))
    var limit: Int?

    func validate() throws {
        guard !(json && csv) else { throw ValidationError("--json and --csv exclude each other") }
    }

    func run() throws {
        let points = PointTable()
        var inspection = try journal.open(points)
        var printer = ReadingPrinter(
            points: points, filter: filter, form: form, limit: limit ?? .max)
        printer.begin()
        for priority in filter.queues {
            try inspection.visit(priority) { item in try printer.print(item, of: priority) }
        }
        printer.flush()
    }

    private var form: ReadingPrinter.Form { json ? .json : csv ? .csv : .text }
}
