import ArgumentParser

/// `armadio receive`
struct Receive: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Take the telemetry of gateways into a database.",
        discussion: """
            Examples:
              armadio receive --broker mqtt://broker.city.example --database readings.db
              armadio receive gaps --database readings.db
            """,
        subcommands: [ReceiveRun.self, ReceiveGaps.self], defaultSubcommand: ReceiveRun.self)
}
