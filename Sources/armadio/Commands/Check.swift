import ArgumentParser
import Console
import Settings
import Telemetry

/// `armadio check`: is the configuration fit for use?
struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check the configuration without starting anything.",
        discussion: """
            Prints every problem as file:line:column: what; how to mend.

            Examples:
              armadio check -c cabinet.yaml
              armadio check --json
            """)

    @OptionGroup var options: CheckOptions

    func run() throws { try options.run() }
}

/// What `armadio check` and `armadio config check` do.
struct CheckOptions: ParsableArguments {
    @OptionGroup var file: ConfigurationOption
    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        guard !json else { return try printJSON() }
        let plan = try file.load(PointTable())
        say("\(file.path): fit for use: gateway \(plan.gateway), \(plan.summary)")
    }

    private struct Report: Encodable {
        struct Problem: Encodable {
            var line: Int?
            var column: Int?
            var path: [String]
            var what: String
            var mend: String
        }

        var file: String
        var isFit: Bool
        var problems: [Problem]
    }

    private func printJSON() throws {
        var report = Report(file: file.path, isFit: true, problems: [])
        do throws(SettingsProblems) {
            _ = try file.check(SettingsFile(path: file.path), PointTable())
        } catch {
            report.isFit = false
            report.problems = error.problems.map {
                Report.Problem(
                    line: $0.location?.position.line, column: $0.location?.position.column,
                    path: $0.path, what: $0.what, mend: $0.mend)
            }
        }
        say(try Console.json(report))
        if !report.isFit { throw Exit.badConfiguration }
    }
}
