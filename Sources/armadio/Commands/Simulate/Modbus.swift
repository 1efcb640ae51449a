import ArgumentParser
import FieldSimulator
import Glibc
import Platform
import Telemetry

/// `armadio simulate modbus`: a Modbus TCP field.
struct SimulateModbus: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "modbus",
        abstract: "Serve simulated Modbus TCP devices until ended.",
        discussion: """
            Every unit id is a device. The profile meter is a three-phase meter with the input \
            registers of an Eastron SDM630; counter answers with a scrambled 10 ms clock, so \
            that a receiver can tell which sample it has.

            A fault is mute:UNIT, garbage:UNIT, slow:UNIT:TIME or exception:UNIT:CODE.

            Examples:
              armadio simulate modbus --port 5020 --units 10
              armadio simulate modbus --port 5020 --units 3 --fault mute:2 --fault slow:3:2s
            """)

    @Option(help: "The TCP port; 0 takes a free one.")
    var port: UInt16 = 5020
    @Option(help: "The address to listen on.")
    var host = "127.0.0.1"
    @Option(help: ArgumentHelp("How many unit ids, from 1 on.", valueName: "1-247"))
    var units: UInt8 = 1
    @Option(help: "What the devices are.")
    var profile: FieldProfile = .meter
    @Option(
        help: ArgumentHelp("A device's fault; can be repeated.", valueName: "fault"),
        transform: { try faultSwitch($0) })
    var fault: [FaultSwitch] = []

    func validate() throws {
        guard (1...247).contains(units) else { throw ValidationError("--units is 1 to 247") }
    }

    func run() async throws {
        let signals = try SignalStream.of([SIGTERM, SIGINT])
        var options = ModbusFieldSimulator.Options()
        options.host = host
        options.port = port
        options.units = 1...units
        options.profile = profile
        let faults = Faults(Dictionary(fault.map { ($0.unit, $0.fault) }) { $1 })
        let simulator = ModbusFieldSimulator(options, faults: faults)
        do throws(SystemError) {
            let port = try await simulator.start()
            say("listening on \(host):\(port), units 1 to \(units), profile \(profile.rawValue)")
        } catch {
            complain("\(error)")
            throw Exit.failed
        }
        for await _ in signals { break }
        await simulator.stop()
    }
}

extension FieldProfile: ExpressibleByArgument {}

private func faultSwitch(_ text: String) throws -> FaultSwitch {
    do {
        return try FaultSwitch(text: text)
    } catch {
        throw ValidationError("\(error)")
    }
}
