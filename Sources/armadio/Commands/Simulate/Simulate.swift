import ArgumentParser

/// `armadio simulate`: stand-ins for the field.
struct Simulate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Stand in for field devices.", subcommands: [SimulateModbus.self])
}
