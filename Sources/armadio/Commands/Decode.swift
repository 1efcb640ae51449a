import ArgumentParser
import Console
import Drivers
import LinuxBuses
import Telemetry

/// `armadio decode`: what may these registers mean?
struct Decode: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show what registers may mean.",
        discussion: """
            For a device whose manual is missing or wrong. With --like, readings that come near a \
            value you know are listed first, the most likely on top, as lines for the \
            configuration. A running gateway is asked for the bus and gets it back. Exits with 4 if the device does not answer.

            Examples:
              armadio decode 192.168.1.20 1 input:0-5
              armadio decode 192.168.1.20 1 input:0x0000+20 --like 230V --like 1.7A
            """)

    @Argument(
        help: ArgumentHelp(
            "A bus of the configuration, a serial port's path, or host[:port].",
            valueName: "bus|port|host"),
        completion: Offer.modbusTargets)
    var target: String
    @Argument(help: ArgumentHelp("The device's unit id.", valueName: "unit"))
    var unit: UInt8
    @Argument(
        help: ArgumentHelp(
            "Registers: holding:0-19, input:0x0000+20; 0-19 are holding registers.",
            valueName: "registers"))
    var registers: String
    @OptionGroup var file: ConfigurationOption
    @OptionGroup var serial: SerialOptions
    @Option(
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp("A value that must be there; can be repeated.", valueName: "230V"))
    var like: [String] = []
    @Option(help: ArgumentHelp("How far it may be off, in percent.", valueName: "percent"))
    var within = 10.0
    @Flag(help: "Show 64-bit readings too.")
    var wide = false
    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        guard within >= 0, within <= 100 else {
            throw ValidationError("--within is 0 to 100 percent")
        }
        _ = (try window(), try known())
    }

    private func window() throws -> RegisterWindow {
        do throws(TextScalarError) {
            return try RegisterWindow(text: registers)
        } catch {
            throw ValidationError(error.description)
        }
    }

    private func known() throws -> [KnownValue] {
        do throws(TextScalarError) {
            var values: [KnownValue] = []
            for text in like { values.append(try KnownValue(text: text)) }
            return values
        } catch {
            throw ValidationError(error.description)
        }
    }

    func run() async throws {
        let target = try FieldTarget(target, file: file, serial: serial)
        let (window, unit) = (try window(), unit)
        let dump = try await target.withTheLine(file) {
            let bus = LinuxBusProvider().modbus(target.line)
            let dump = await RegisterDump.read(window, unit: unit, on: bus)
            await bus.close()
            return dump
        }
        let report = DecodeReport(
            dump: dump, known: try known(), tolerance: within / 100, isWide: wide)
        say(json ? try Console.json(report.document) : report.text)
        let isEmpty = dump.words.allSatisfy { $0 == nil }
        if let failure = dump.failure {
            complain(failure.message)
        } else if isEmpty {
            complain("the device has none of these registers")
        }
        if isEmpty { throw Exit.badReading }
    }
}
