import ArgumentParser
import Boards
import Buses
import Console
import Drivers
import Glibc
import LinuxBuses
import Platform

/// `armadio scan gpio`: which lines are there, and who has them?
struct ScanGPIO: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gpio",
        abstract: "List the GPIO lines, and who has them.",
        discussion: """
            Looks at the lines and takes none. Where the board is known, by the configuration or \
            the device tree, the pin stands behind the line. --propose prints a configuration of \
            the lines that have a name or a pin and that nobody uses.

            Examples:
              armadio scan gpio
              armadio scan gpio --json
            """)

    @OptionGroup var file: ConfigurationOption
    @OptionGroup var boards: BoardsOption
    @Flag(help: "Print a configuration instead.")
    var propose = false
    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        if json, propose { throw ValidationError("--json or --propose, not both") }
    }

    func run() throws {
        let pins = PinNames(boards.board(of: file))
        let chips = try chips().map { chip in
            let lines = chip.lines.map { line in
                GPIOReport.Line(
                    line, pin: pins.name(chip: chip.label, offset: line.offset, line: line.name))
            }
            return GPIOReport(chip: chip.name, label: chip.label, lines: lines)
        }
        if propose { return try say(proposal(chips)) }
        if json { return try say(Console.json(chips)) }
        if chips.isEmpty { say("no GPIO chip is at /dev/gpiochip*") }
        for chip in chips { say(chip.text) }
    }

    private func chips() throws -> [GPIOChipEntry] {
        do throws(SystemError) {
            return try GPIOSurvey.chips()
        } catch {
            let isForbidden = error.errno == EACCES || error.errno == EPERM
            complain(
                "\(error)"
                    + (isForbidden ? "; is this user in the group that may open it (armadio)?" : "")
            )
            throw Exit.failed
        }
    }

    private func proposal(_ chips: [GPIOReport]) throws -> String {
        let lines = GPIOReport.free(in: chips)
        guard !lines.isEmpty else {
            complain("no line that has a name or a pin is free")
            throw Exit.badReading
        }
        return GPIOProposal(lines).text
    }
}
