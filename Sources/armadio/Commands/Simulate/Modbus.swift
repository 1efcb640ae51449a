import ArgumentParser
import Console
import FieldSimulator
import Glibc
import Platform
import Telemetry

/// `armadio simulate modbus`: a field of Modbus TCP or of a serial line.
struct SimulateModbus: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "modbus",
        abstract: "Serve simulated Modbus devices until ended: on TCP, or on a serial line.",
        discussion: """
            Every unit id is a device. The profile meter is a three-phase meter with the input \
            registers of an Eastron SDM630; counter answers with a scrambled 10 ms clock, so \
            that a receiver can tell which sample it has.

            With --rtu the devices are on a serial line: the path that is printed is to be \
            opened as its port. Bytes take the time of the rate, with 11 bits each, so that a \
            line's load can be measured.

            A fault is mute:UNIT, garbage:UNIT, slow:UNIT:TIME, exception:UNIT:CODE, or \
            swapped:UNIT, a meter whose lower words come first.

            Examples:
              armadio simulate modbus --port 5020 --units 10
              armadio simulate modbus --port 5020 --units 3 --fault slow:3:2s
              armadio simulate modbus --rtu --baud 9600 --units 10 --link /tmp/line
            """)

    @Option(help: "The TCP port; 0 takes a free one.")
    var port: UInt16 = 5020
    @Option(help: "The address to listen on.")
    var host = "127.0.0.1"
    @Flag(help: "Serve a serial line on a pseudo-terminal instead of TCP.")
    var rtu = false
    @Option(
        help: ArgumentHelp(
            "The serial line's rate; it takes no time unless given.", valueName: "300-921600"))
    var baud: Int?
    @Option(
        help: ArgumentHelp(
            "A symbolic link to the serial line's path, for as long as it is served.",
            valueName: "path"))
    var link: String?
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
        guard rtu || (baud == nil && link == nil) else {
            throw ValidationError("--baud and --link are for a serial line; add --rtu")
        }
        if let baud, !(300...921_600).contains(baud) {
            throw ValidationError("--baud is 300 to 921600")
        }
    }

    func run() async throws {
        let signals = try SignalStream.of([SIGTERM, SIGINT])
        do throws(SystemError) {
            if rtu {
                try await serveLine(until: signals)
            } else {
                try await serveTCP(until: signals)
            }
        } catch {
            complain("\(error)")
            throw Exit.failed
        }
    }

    private var faults: Faults { Faults(Dictionary(fault.map { ($0.unit, $0.fault) }) { $1 }) }

    private func serveTCP(until signals: AsyncStream<Int32>) async throws(SystemError) {
        var options = ModbusFieldSimulator.Options()
        options.host = host
        options.port = port
        options.units = 1...units
        options.profile = profile
        let simulator = ModbusFieldSimulator(options, faults: faults)
        let port = try await simulator.start()
        say("listening on \(host):\(port), units 1 to \(units), profile \(profile.rawValue)")
        for await _ in signals { break }
        await simulator.stop()
    }

    private func serveLine(until signals: AsyncStream<Int32>) async throws(SystemError) {
        let line = try SerialFieldSimulator(
            units: 1...units, profile: profile,
            pace: baud.map { SerialEmulator.Pace(baud: $0) } ?? .none, faults: faults)
        if let link { try place(link, to: line.path) }
        defer { if let link { remove(link, to: line.path) } }
        let rate = baud.map { " at \($0) baud" } ?? ""
        say("serving \(line.path)\(rate), units 1 to \(units), profile \(profile.rawValue)")
        for await _ in signals { break }
        sum(up: line.counts)
    }

    /// Makes a symbolic link, in the place of one that was left behind.
    private func place(_ link: String, to path: String) throws(SystemError) {
        if linkTarget(link) != nil { unlink(link) }
        guard symlink(path, link) == 0 else { throw SystemError("symlink", link) }
    }

    /// Another line may have taken its place.
    private func remove(_ link: String, to path: String) {
        if linkTarget(link) == path { unlink(link) }
    }

    private func sum(up counts: SerialCounts) {
        let silence = counts.leastSilence.map { ", the least silence \($0.text)" } ?? ""
        say(
            "\(counts.requests) requests, \(counts.answers) answers, \(counts.broken) broken "
                + "requests, \(counts.collisions) collisions, bytes on the line for "
                + "\(counts.busy.text)\(silence)")
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
