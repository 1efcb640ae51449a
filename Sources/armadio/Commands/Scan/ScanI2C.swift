import ArgumentParser
import Boards
import Buses
import Drivers
import LinuxBuses
import Telemetry

/// `armadio scan i2c`: which chips acknowledge, and what may they be?
struct ScanI2C: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "i2c",
        abstract: "Find the chips of I2C buses.",
        discussion: """
            Asks every address as i2cdetect does: nothing is written, or a byte is read where \
            memories are. A chip that a driver of the kernel has is not touched; `driver: hwmon` \
            reads it. Chips that tell who they are are asked; of the others the address says what \
            they may be. Prints a proposed configuration. Exits with 4 if nothing is found.

            Examples:
              armadio scan i2c
              armadio scan i2c /dev/i2c-1 --json
            """)

    @Argument(help: ArgumentHelp("The adapter; all of them unless given.", valueName: "path"))
    var path: String?
    @Flag(help: "Print JSON.")
    var json = false

    /// A chip as it is shown.
    private struct Row: Encodable {
        var bus: String
        var address: String
        var drivers: [String]
        var isCertain: Bool
        var kernelDriver: String?
    }

    func run() async throws {
        let prober = I2CProber()
        let paths = if let path { [path] } else { await prober.adapters() }
        if paths.isEmpty {
            complain(
                "there is no /dev/i2c-*; is I2C switched on for this board, is i2c-dev loaded?")
            throw Exit.badReading
        }
        var rows: [Row] = []
        for path in paths { rows += try await self.rows(of: path, prober) }
        say(json ? try armadio.json(rows) : text(rows))
        if rows.isEmpty { throw Exit.badReading }
    }

    private func rows(of path: String, _ prober: I2CProber) async throws -> [Row] {
        do throws(BusError) {
            let line = I2CLine(name: path, path: path, timeout: .milliseconds(100))
            let bus = LinuxBusProvider().i2c(line)
            var rows: [Row] = []
            for chip in try await prober.chips(on: path) {
                let isFree = chip.kernelName == nil
                let guess = isFree ? await ChipGuess.of(chip.address, on: bus) : nil
                rows.append(
                    Row(
                        bus: path, address: Self.hexadecimal(chip.address),
                        drivers: guess?.drivers ?? [], isCertain: guess?.isCertain ?? false,
                        kernelDriver: chip.kernelName))
            }
            return rows
        } catch {
            complain("\(error)")
            return []
        }
    }

    private static func hexadecimal(_ address: UInt8) -> String {
        "0x" + (address < 16 ? "0" : "") + String(address, radix: 16)
    }

    private func text(_ rows: [Row]) -> String {
        let cells = rows.map { row in
            let guess = row.drivers.joined(separator: " or ")
            let what =
                row.kernelDriver.map { "the kernel's \($0): driver hwmon" }
                ?? (guess.isEmpty ? "unknown" : row.isCertain ? row.drivers[0] : guess)
            return [row.bus, row.address, what]
        }
        let proposal = proposal(rows)
        return table(["BUS", "ADDRESS", "CHIP"], cells)
            + (proposal.isEmpty ? "" : "\n\n" + proposal)
    }

    /// Configuration for what a driver fits.
    private func proposal(_ rows: [Row]) -> String {
        let known = rows.filter { !$0.drivers.isEmpty }
        guard !known.isEmpty else { return "" }
        var lines = ["buses:"]
        for bus in Set(known.map(\.bus)).sorted() {
            lines.append("  \(name(of: bus)): {i2c: {path: \(bus)}}")
        }
        lines.append("devices:")
        for row in known {
            let others = row.drivers.dropFirst()
            let note =
                row.isCertain || others.isEmpty ? "" : "  # or " + others.joined(separator: ", ")
            let device = "\(row.drivers[0])-\(row.address.dropFirst(2))"
            let points = Self.lineChips.contains(row.drivers[0]) ? ", points: {a: {pin: 0}}" : ""
            lines.append(
                "  \(device): {driver: \(row.drivers[0]), bus: \(name(of: row.bus)), "
                    + "address: \(row.address)\(points)}\(note)")
        }
        return lines.joined(separator: "\n")
    }

    /// Their points are not known before somebody has named them.
    private static let lineChips = ["mcp23017", "pcf8574"]

    private func name(of path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? path
    }
}
