import ArgumentParser
import Buses
import Console
import Drivers
import LinuxBuses
import Settings

/// `armadio scan i2c`: which chips answer, and what may they be?
struct ScanI2C: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "i2c",
        abstract: "Find the chips on the I2C buses.",
        discussion: """
            Each address from 0x08 to 0x77 is asked to acknowledge, as i2cdetect does: by a quick \
            write, where memories are by reading a byte. Chips that drivers of the kernel have are \
            not asked. What answers is told by its address, and by its identity registers where \
            the driver's chip has some. A running gateway need not stop. Prints what there is as \
            comments above a proposed configuration.

            Examples:
              armadio scan i2c
              armadio scan i2c --json
            """)

    @Argument(
        help: ArgumentHelp(
            "A bus of the configuration or the board, or an adapter's path; all unless given.",
            valueName: "bus|path"),
        completion: Offer.i2cTargets)
    var target: String?
    @OptionGroup var file: ConfigurationOption
    @OptionGroup var boards: BoardsOption
    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let adapters = I2CAdapters()
        let wanted = try target.map { [try adapter($0, adapters)] } ?? adapters.all
        var scanned: [I2CScanned] = []
        for entry in wanted { scanned.append(await scan(entry, adapters)) }
        if json {
            say(try Console.json(scanned.map(I2CReport.init)))
        } else if scanned.isEmpty {
            say("# no I2C adapter is at /dev/i2c-*; switch I2C on for the board, load i2c-dev")
        } else {
            say(I2CProposal(scanned).text)
        }
        for failure in scanned.compactMap(\.failure) { complain(failure) }
        if !scanned.isEmpty, scanned.allSatisfy({ $0.failure != nil }) { throw Exit.badReading }
    }

    private func scan(_ entry: I2CAdapterEntry, _ adapters: I2CAdapters) async -> I2CScanned {
        let bus = LinuxI2CBus(
            line: I2CLine(name: entry.name, path: entry.path, timeout: .milliseconds(100)))
        let scan = I2CBusScan(
            bus: bus, probe: { address throws(BusError) in try await bus.probe(address) },
            kernelChip: { address in entry.number.flatMap { adapters.chip(at: address, of: $0) } })
        return await scan.run(I2CScanned(bus: entry.name, path: entry.path, title: entry.title))
    }

    private func adapter(_ target: String, _ adapters: I2CAdapters) throws -> I2CAdapterEntry {
        let named = SettingsFile(path: file.path).root?["buses"]?[target]?["i2c"]?["path"]?.text
        let place = named ?? target
        let path = place.hasPrefix("/") ? place : boards.board(of: file)?.bus(named: place)
        guard let path else {
            complain(
                "there is no I2C bus `\(target)`; name one of the configuration or the board, "
                    + "or a path such as /dev/i2c-1")
            throw Exit.failed
        }
        let number = adapters.number(of: path)
        return I2CAdapterEntry(
            number: number, path: path, title: number.flatMap(adapters.title))
    }
}

/// What a scan has found, as JSON.
private struct I2CReport: Encodable {
    struct Chip: Encodable {
        var address: String
        /// The kernel's name of a chip that one of its drivers has.
        var kernel: String?
        /// The driver whose identity registers fit.
        var driver: String?
        /// Drivers that may fit by the address.
        var perhaps: [String]?
    }

    var path: String
    var title: String?
    var chips: [Chip]
    var skipped: Int
    var failure: String?

    init(_ bus: I2CScanned) {
        (path, title, skipped, failure) = (bus.path, bus.title, bus.skipped, bus.failure)
        chips = bus.findings.map { finding in
            var chip = Chip(address: finding.address.hexadecimal)
            switch finding.knowledge {
            case .kernel(let name): chip.kernel = name ?? "?"
            case .driver(let name): chip.driver = name
            case .perhaps(let names): chip.perhaps = names
            }
            return chip
        }
    }
}
