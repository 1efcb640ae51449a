import ArgumentParser

/// `armadio scan`: what is connected?
struct Scan: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Find the devices that are connected.",
        subcommands: [ScanModbus.self, ScanI2C.self, ScanGPIO.self, ScanSerial.self])
}
