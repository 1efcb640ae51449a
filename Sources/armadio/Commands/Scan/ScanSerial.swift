import ArgumentParser
import Boards
import LinuxBuses
import Telemetry

/// `armadio scan serial`: which ports are there, and what are they?
struct ScanSerial: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serial",
        abstract: "List the serial ports: adapters, names that last, who has them open.",
        discussion: """
            Looks and does not open them. NAME is what `port:` is to say: it stays the same over \
            restarts. Who has a port open is seen by root alone. Exits with 4 if there is none.

            Examples:
              armadio scan serial
              armadio scan serial --json
            """)

    @Flag(help: "Print JSON.")
    var json = false

    /// A port as it is shown.
    private struct Row: Encodable {
        var port: String
        var name: String
        var links: [String]
        var kind: String
        var users: [String]
    }

    func run() throws {
        let board = BoardLibrary().thisMachine
        let rows = SerialInventory.ports().map { port in
            let own = board?.serial.entries.first { entry in
                entry.value.path == port.path || port.links.contains(entry.value.path)
            }
            return Row(
                port: port.path, name: own?.name ?? port.links.first ?? port.path,
                links: port.links, kind: port.kind, users: port.users)
        }
        say(json ? try armadio.json(rows) : text(rows))
        guard !rows.isEmpty else { throw Exit.badReading }
    }

    private func text(_ rows: [Row]) -> String {
        guard let first = rows.first else { return "no serial port" }
        let table = table(
            ["PORT", "NAME", "WHAT", "USED BY"],
            rows.map {
                [
                    $0.port, $0.name, $0.kind,
                    $0.users.isEmpty ? "-" : $0.users.joined(separator: ", "),
                ]
            })
        return table + "\n\nnext: armadio scan modbus \(first.links.first ?? first.port)"
    }
}
