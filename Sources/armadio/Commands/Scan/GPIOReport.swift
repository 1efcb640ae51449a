import Buses
import Console
import Drivers
import LinuxBuses

/// A GPIO chip with its lines, as it is shown.
struct GPIOReport: Encodable {
    /// A line.
    struct Line: Encodable {
        var offset: UInt32
        var name: String?
        /// Where it comes out on the board.
        var pin: String?
        var isOutput: Bool
        var isActiveLow: Bool
        var isUsed: Bool
        var user: String?

        private enum CodingKeys: String, CodingKey {
            case offset, name, pin, user
            case isOutput = "output"
            case isActiveLow = "active-low"
            case isUsed = "used"
        }

        init(_ line: GPIOChipEntry.Line, pin: String?) {
            (offset, name, self.pin) = (line.offset, line.name, pin)
            (isOutput, isActiveLow) = (line.isOutput, line.isActiveLow)
            (isUsed, user) = (line.isUsed, line.user)
        }
    }

    var chip: String
    var label: String
    var lines: [Line]

    /// A heading, and a row for each line.
    var text: String {
        let rows = lines.map { line in
            [
                "\(line.offset)", line.name ?? "", line.isOutput ? "output" : "input",
                line.isActiveLow ? "low" : "high", line.pin ?? "",
                line.user ?? (line.isUsed ? "the kernel" : ""),
            ]
        }
        let count = lines.count == 1 ? "1 line" : "\(lines.count) lines"
        return "\(chip) (\(label)), \(count)\n"
            + table(["LINE", "NAME", "DIRECTION", "ACTIVE", "PIN", "USED BY"], rows)
    }

    /// The lines that nobody uses and that have a name or a pin. One whose name is not its own, or
    /// would be taken for something else, is named by its place.
    static func free(in chips: [GPIOReport]) -> [GPIOProposal.Line] {
        let names = chips.flatMap { $0.lines.compactMap(\.name) }
        let counts = Dictionary(names.map { ($0, 1) }, uniquingKeysWith: +)
        return chips.flatMap { chip in
            chip.lines.filter { !$0.isUsed && ($0.name ?? $0.pin) != nil }.map { line in
                let own = line.name.flatMap { name in
                    counts[name] == 1 && GPIOLine.Address(name) == .name(name) ? name : nil
                }
                let label = chip.label.contains(":") ? chip.chip : chip.label
                return GPIOProposal.Line(
                    name: line.pin ?? own ?? "\(label):\(line.offset)", isOutput: line.isOutput)
            }
        }
    }
}
