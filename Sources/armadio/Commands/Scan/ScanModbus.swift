import ArgumentParser
import Buses
import Console
import Drivers
import Glibc
import LinuxBuses
import Platform
import Technician
import Telemetry

/// `armadio scan modbus`: which devices answer, and who are they?
struct ScanModbus: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "modbus",
        abstract: "Find the Modbus devices of a line or at an address.",
        discussion: """
            Asks unit ids for a register; what answers, if only to refuse, is a device. Each is \
            asked who it is: by function 43/14, by SunSpec, by the profiles' registers. Reads alone, never writes. A running gateway \
            is asked for the bus and gets it back. Prints a proposed configuration; \
            progress goes to standard error. Ctrl-C ends it with what was found. Exits with 4 if nothing answers.

            Quick are unit ids 1-10, 100, 247 and 255, and on a serial port six usual settings; \
            --full asks all unit ids, and tries eight rates with four kinds of frame.

            Examples:
              armadio scan modbus 192.168.1.20 --units 1-3
              armadio scan modbus 192.168.1.20 --timeout 200ms
            """)

    @Argument(
        help: ArgumentHelp(
            "A bus of the configuration, a serial port's path, or host[:port].",
            valueName: "bus|port|host"),
        completion: Offer.modbusTargets)
    var target: String
    @OptionGroup var file: ConfigurationOption
    @OptionGroup var serial: SerialOptions
    @Flag(help: "Ask every unit id; on a serial port try every setting.")
    var full = false
    @Option(help: ArgumentHelp("The unit ids to ask, such as 1-10,100.", valueName: "ids"))
    var units: String?
    @Option(
        help: ArgumentHelp(
            "How long to wait for an answer, until one has shown how fast they are.",
            valueName: "time"))
    var timeout: String?

    func validate() throws {
        if let units, ScanPlan.units(text: units) == nil {
            throw ValidationError("--units are 0 to 255, such as 1-10,100,247, not `\(units)`")
        }
        if full, units != nil { throw ValidationError("--full or --units, not both") }
        _ = try responseTimeout()
    }

    private func responseTimeout() throws -> Duration {
        guard let timeout else {
            return target.hasPrefix("/") ? .milliseconds(300) : .milliseconds(500)
        }
        do throws(TextScalarError) {
            let time = try Duration(text: timeout)
            guard (.milliseconds(10) ... .seconds(10)).contains(time) else {
                throw TextScalarError("--timeout is 10ms to 10s, not \(timeout)")
            }
            return time
        } catch {
            throw ValidationError(error.description)
        }
    }

    private func ids(_ field: FieldTarget) -> [UInt8] {
        let ids = units.flatMap(ScanPlan.units) ?? (full ? ScanPlan.allUnits : ScanPlan.quickUnits)
        guard case .serial = field.line.endpoint else { return ids }
        // 0 is for all at once, and above 247 there is nobody (Modbus over Serial Line V1.02,
        // section 2.2).
        return ids.filter { (1...247).contains($0) }
    }

    /// A port's settings are tried, unless it is a bus of the configuration.
    private func endpoints(_ field: FieldTarget) -> [ModbusEndpoint] {
        guard case .serial(let port) = field.line.endpoint, target.hasPrefix("/") else {
            return [field.line.endpoint]
        }
        return ScanPlan.settings(
            of: port, baud: serial.baud, parity: serial.parity?.value,
            stopBits: serial.stopBits, isFull: full)
    }

    func run() async throws {
        let field = try FieldTarget(target, file: file, serial: serial)
        let signals = try SignalStream.of([SIGINT, SIGTERM])
        let scan = Task {
            try await field.withTheLine(self.file) { try await self.scan(field) }
        }
        let watch = Task { for await _ in signals { scan.cancel() } }
        defer { watch.cancel() }
        try report(try await scan.value, on: field)
    }

    private func scan(_ field: FieldTarget) async throws -> ScanResult {
        let plan = ScanPlan(
            endpoints: endpoints(field), units: ids(field), timeout: try responseTimeout())
        let (buses, line) = (LinuxBusProvider(), field.line)
        let known = FingerprintRecognizer(file.profiles.library.fingerprints)
        let scan = LineScan(plan: plan, profiles: [known], clock: SystemClock()) { endpoint in
            var line = line
            line.endpoint = endpoint
            return buses.modbus(line)
        }
        let display = ScanDisplay(clock: SystemClock())
        let result = await scan.run { display.show($0) }
        display.finish()
        return result
    }

    private func report(_ result: ScanResult, on field: FieldTarget) throws {
        if let failure = result.failure { complain(failure.message) }
        if result.wasEnded { complain("ended after \(result.asked) unit ids") }
        for endpoint in result.noisy {
            complain("\(endpoint.words): something came that was no answer")
        }
        guard !result.devices.isEmpty else {
            if result.failure == nil { complain("no device answered") }
            throw Exit.badReading
        }
        let name = file.hasBus(target) ? target : "modbus-1"
        say(ScanProposal(result.devices, bus: name, target: target).text)
    }
}
