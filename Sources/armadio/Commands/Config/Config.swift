import ArgumentParser

/// `armadio config`: the configuration file and the one in use.
struct Config: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check, compare, apply and roll back the configuration.",
        discussion: """
            The file is edited with `armadio set`, `add`, `remove` or an editor; `diff` shows \
            what is not in use yet; `apply` brings it into use, at once or on trial: what is \
            not confirmed in time, or cuts an uplink, is taken back by itself.
            """,
        subcommands: [
            ConfigCheck.self, ConfigDiff.self, ConfigApply.self, ConfigConfirm.self,
            ConfigRollback.self, ConfigHistory.self,
        ])
}

/// `armadio config check`: the same as `armadio check`.
struct ConfigCheck: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Check the configuration without starting anything.",
        discussion: """
            The same as `armadio check`.

            Example: armadio config check
            """)

    @OptionGroup var options: CheckOptions

    func run() throws { try options.check() }
}
