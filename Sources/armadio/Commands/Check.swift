import ArgumentParser
import Console
import Settings
import Telemetry

/// `armadio check`: is the configuration fit for use?
struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check the configuration without starting anything.",
        discussion: """
            Prints every problem as file:line:column: what; how to mend. What is possible and \
            yet a mistake more often than not is told of a file that is fit for use.

            Examples:
              armadio check -c cabinet.yaml
              armadio check --json
            """)

    @OptionGroup var options: CheckOptions

    func run() throws { try options.check() }
}

/// What is checked, and how it is told.
struct CheckOptions: ParsableArguments {
    @OptionGroup var file: ConfigurationOption
    @Flag(help: "Print JSON.")
    var json = false

    func check() throws {
        guard !json else { return try printJSON() }
        let text = SettingsFile(path: file.path)
        let plan = try file.load(text, PointTable())
        say("\(file.path): fit for use: gateway \(plan.gateway), \(plan.summary)")
        for remark in ConfigurationOption.remarks(about: text) { say("\(remark)") }
    }

    private struct Report: Encodable {
        struct Problem: Encodable {
            var line: Int?
            var column: Int?
            var path: [String]
            var what: String
            var mend: String

            init(_ problem: SettingsProblem) {
                line = problem.location?.position.line
                column = problem.location?.position.column
                (path, what, mend) = (problem.path, problem.what, problem.mend)
            }
        }

        var file: String
        var isFit: Bool
        var problems: [Problem]
        /// What is possible and yet a mistake more often than not.
        var remarks: [Problem]
    }

    private func printJSON() throws {
        let text = SettingsFile(path: file.path)
        var report = Report(
            file: file.path, isFit: true, problems: [],
            remarks: ConfigurationOption.remarks(about: text).map(Report.Problem.init))
        do throws(SettingsProblems) {
            _ = try file.check(text, PointTable())
        } catch {
            report.isFit = false
            report.problems = error.problems.map(Report.Problem.init)
        }
        say(try Console.json(report))
        if !report.isFit { throw Exit.badConfiguration }
    }
}
