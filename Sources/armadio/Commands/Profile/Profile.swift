import ArgumentParser

/// `armadio profile`: what is known of devices.
struct ProfileCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "profile", abstract: "Make device profiles.",
        subcommands: [ProfileImport.self])
}
