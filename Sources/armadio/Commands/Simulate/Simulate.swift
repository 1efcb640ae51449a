import ArgumentParser

/// `armadio simulate`: stand-ins for the field.
struct Simulate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Stand in for field devices.",
        subcommands: [])
}
