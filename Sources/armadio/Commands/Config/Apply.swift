import ArgumentParser
import Gateway
import Settings
import Telemetry

/// `armadio config apply`: the file brought into use.
struct ConfigApply: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply", abstract: "Bring the changed file into use.",
        discussion: """
            Only what has changed is restarted. With --confirm-within the file is on trial: \
            unless it is confirmed in time and every uplink that was up is up again, what was \
            in use comes back by itself, in the file too; the changed text stays in the history. \
            Ctrl-C leaves a trial running.

            Exits with 0 once the file is in use and its uplinks are up, with 1 if it was taken \
            back or an uplink stays down, with 2 if it has problems.

            Examples:
              armadio config apply
              armadio config apply --confirm-within 5m --no-wait
            """)

    @OptionGroup var file: ConfigurationOption
    @OptionGroup var trial: TrialOption

    func run() throws {
        let text = SettingsFile(path: file.path)
        _ = try file.load(text, PointTable())
        try ConfigurationTrial(file: file, trial: trial).apply(text.bytes)
    }
}

/// `armadio config confirm`: what is tried stays.
struct ConfigConfirm: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "confirm", abstract: "Keep the configuration that is on trial.",
        discussion: """
            Example: armadio config confirm
            """)

    @OptionGroup var file: ConfigurationOption
    @OptionGroup var trial: WaitOption

    func run() throws {
        try ConfigurationTrial(file: file, wait: trial).confirm()
    }
}

/// `armadio config rollback`: an earlier version brought into use.
struct ConfigRollback: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollback", abstract: "Bring an earlier version into use.",
        discussion: """
            Without a number the one that was in use before; while a configuration is on trial, \
            what was before it. What stands in the file and was not in use is kept as a version.

            Examples:
              armadio config rollback
              armadio config rollback 1 --confirm-within 5m --no-wait
            """)

    @Argument(help: "The version's number in `armadio config history`.")
    var number: Int?
    @OptionGroup var file: ConfigurationOption
    @OptionGroup var trial: TrialOption

    func run() throws {
        try ConfigurationTrial(file: file, trial: trial).rollBack(to: number)
    }
}
