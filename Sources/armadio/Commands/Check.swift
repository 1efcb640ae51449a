import ArgumentParser
import Console
import Telemetry

/// `armadio check`: is the configuration fit for use?
struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check the configuration without starting anything.",
        discussion: """
            Prints every problem as file:line:column: what; how to mend.

            Example: armadio check -c cabinet.yaml
            """)

    @OptionGroup var file: ConfigurationOption

    func run() throws {
        let plan = try file.load(PointTable())
        say("\(file.path): fit for use: gateway \(plan.gateway), \(plan.summary)")
    }
}
