import ArgumentParser
import Boards
import Console
import LinuxBuses

/// `armadio scan serial`: which ports are there, and who has them?
struct ScanSerial: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serial",
        abstract: "List the serial ports, their adapters, and who has them open.",
        discussion: """
            Ports are looked at in /sys and /proc and not opened, for that makes many an RS-485 \
            adapter send. Programs of other users are seen by root alone. \
            `armadio scan modbus PORT` finds the devices on one.

            Examples:
              armadio scan serial
              armadio scan serial --json
            """)

    @OptionGroup var file: ConfigurationOption
    @OptionGroup var boards: BoardsOption
    @Option(help: .hidden)
    var root = ""
    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let ports = SerialPorts(root: root)
        let board = boards.board(of: file)
        let (entries, hidesUsers) = ports.survey()
        let reports = entries.map { port in
            SerialReport(port, boardName: name(of: port, on: board, ports))
        }
        if json { return try say(Console.json(reports)) }
        say(reports.isEmpty ? "there is no serial port" : SerialReport.text(reports))
        if hidesUsers { complain("programs of other users are not seen; root sees them") }
        if let port = reports.first(where: { $0.users.isEmpty }) {
            say("\nWhat is connected: armadio scan modbus \(port.path)")
        }
    }

    private func name(
        of port: SerialPortEntry, on board: Boards.Board?, _ ports: SerialPorts
    ) -> String? {
        board?.serial.entries.first { ports.port(at: $0.value.path) == port.name }?.name
    }
}

/// A port as it is shown.
struct SerialReport: Encodable {
    var path: String
    var device: String
    var links: [String]
    /// The board's name for it.
    var board: String?
    var driver: String?
    var adapter: SerialPortEntry.Adapter?
    var users: [String]

    init(_ port: SerialPortEntry, boardName: String?) {
        (path, device, links, board) = (port.path, port.device, port.links, boardName)
        (driver, adapter, users) = (port.driver, port.adapter, port.users)
    }

    /// A row for each port, and below it the names that last.
    static func text(_ reports: [SerialReport]) -> String {
        let rows = reports.map { report in
            [
                report.device, report.board ?? "", report.kind,
                report.users.joined(separator: ", "), report.links.joined(separator: " "),
            ]
        }
        return table(["PORT", "BOARD", "WHAT", "OPEN BY", "LASTING NAMES"], rows)
    }

    private var kind: String {
        guard let adapter else { return driver ?? "" }
        let words = [adapter.vendor, adapter.product, adapter.serial].compactMap { $0 }
        return (["USB \(adapter.vendorID):\(adapter.productID)"] + words).joined(separator: " ")
    }
}
