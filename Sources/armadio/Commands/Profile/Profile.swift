import ArgumentParser

/// `armadio profile`: what is known of devices.
struct Profile: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make device profiles.",
        subcommands: [ProfileImport.self])
}
