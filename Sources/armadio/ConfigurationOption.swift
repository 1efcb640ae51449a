import ArgumentParser
import Gateway
import Settings
import Telemetry

/// The option that every command has that reads the configuration.
struct ConfigurationOption: ParsableArguments {
    @Option(
        name: [.short, .customLong("config")],
        help: ArgumentHelp("The configuration file.", valueName: "file"))
    var path = "/etc/armadio/cabinet.yaml"

    /// The plan, or the problems on standard error and exit code 2.
    func load(_ points: PointTable) throws -> CabinetPlan {
        do {
            return try CabinetPlan.load(SettingsFile(path: path), points: points)
        } catch {
            for problem in error.problems { complainPlainly(problem.description) }
            throw Exit.badConfiguration
        }
    }
}
