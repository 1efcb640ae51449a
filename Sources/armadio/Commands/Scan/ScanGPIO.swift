import ArgumentParser
import Boards
import Buses
import LinuxBuses
import Platform
import Telemetry

/// `armadio scan gpio`: which lines are there, and who has them?
struct ScanGPIO: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gpio",
        abstract: "List the GPIO lines: names, pins of the board, who has them.",
        discussion: """
            Looks and does not touch: no line is claimed. LINE is what a point's `line` says. \
            Exits with 4 if there is no chip.

            Examples:
              armadio scan gpio
              armadio scan gpio --json
            """)

    @Flag(help: "Show lines too that have neither a name nor a user.")
    var all = false
    @Flag(help: "Print JSON.")
    var json = false

    /// A line as it is shown.
    private struct Row: Encodable {
        var line: String
        var chip: String
        var offset: UInt32
        var name: String
        var pin: String?
        var direction: String
        var isUsed: Bool
        var user: String
    }

    func run() throws {
        let chips: [GPIOInventory]
        do throws(SystemError) {
            chips = try GPIOInventory.chips()
        } catch {
            complain("\(error); is this user in the group that may open it (armadio, gpio)?")
            throw Exit.failed
        }
        guard !chips.isEmpty else {
            complain("there is no /dev/gpiochip*; has this board GPIO, is its driver loaded?")
            throw Exit.badReading
        }
        let board = BoardLibrary().thisMachine
        let rows = chips.flatMap { chip in chip.lines.map { row($0, of: chip, board) } }
            .filter { all || !$0.name.isEmpty || $0.isUsed || $0.pin != nil }
        say(json ? try armadio.json(rows) : text(rows))
    }

    private func row(
        _ line: GPIOInventory.Line, of chip: GPIOInventory, _ board: Boards.Board?
    ) -> Row {
        let place = "\(chip.label):\(line.offset)"
        let pin = board?.place(of: place) ?? board?.place(of: line.name)
        return Row(
            line: line.name.isEmpty ? place : line.name, chip: chip.name, offset: line.offset,
            name: line.name, pin: pin.map { "\($0)" },
            direction: (line.isOutput ? "output" : "input")
                + (line.isActiveLow ? ", active low" : ""),
            isUsed: line.isUsed,
            user: line.isUsed ? (line.consumer.isEmpty ? "somebody" : line.consumer) : "")
    }

    private func text(_ rows: [Row]) -> String {
        table(
            ["LINE", "CHIP", "OFFSET", "PIN", "DIRECTION", "USED BY"],
            rows.map {
                [
                    $0.line, $0.chip, "\($0.offset)", $0.pin ?? "-", $0.direction,
                    $0.user.isEmpty ? "-" : $0.user,
                ]
            })
    }
}

extension BoardLibrary {
    /// The board that this machine is; nil if none of the profiles knows it.
    var thisMachine: Boards.Board? {
        guard let name = detect(DeviceTree()), case .found(let board) = find(name) else {
            return nil
        }
        return board
    }
}
