import Buses
import Console
import Drivers
import Gateway
import Platform
import Settings
import Telemetry
import TestSupport

@testable import Technician

/// A cabinet in memory: two meters at one address, of which the second sends its lower words first, a
/// temperature chip and a door.
struct SetupCabinet {
    private struct Provider: BusProvider {
        var modbus: ScriptedModbusBus
        var chips: ScriptedI2CBus
        var lines: ScriptedGPIOBank

        func modbus(_ line: ModbusLine) -> any ModbusBus { modbus }
        func i2c(_ line: I2CLine) -> any I2CBus { chips }
        func gpio(named name: String) -> any GPIOBank { lines }
        func sensors(named name: String) -> any SensorFiles { preconditionFailure("none here") }
        func process(_ line: ProgramLine) -> any LineProcess { preconditionFailure("none here") }
    }

    static let answers = """
        board: none
        site: cabinet-7
        buses: "plc:502, /dev/i2c-1"
        units: 1-2
        devices:
          modbus-1/1: {profile: eastron-sdm630, name: meter-1, right: yes}
          modbus-1/2: {profile: eastron-sdm630, name: meter-2, right: [no, yes], order: CDAB}
          i2c-1/0x48: {driver: lm75, name: air, right: yes}
        lines: GPIO17
        line-points:
          GPIO17: {name: door, contact: ground, right: yes}
        uplink: {broker: "mqtt://127.0.0.1:1", username: none, session: senml, failed: keep}
        write: yes
        start: no

        """

    let folder: TestFolder
    var environment: SetupEnvironment

    init() throws {
        folder = try TestFolder()
        let chips = ScriptedI2CBus([0x48: .init([0: [0x19, 0x80]])])
        let provider = Provider(
            modbus: ScriptedModbusBus([
                1: Self.meter(isSwapped: false), 2: Self.meter(isSwapped: true),
            ]), chips: chips, lines: ScriptedGPIOBank(["GPIO17": true]))
        environment = SetupEnvironment(
            hostName: "pi", buses: provider, clock: SystemClock())
        environment.profiles = ProfileLibrary(folder: folder.path("profiles"))
        environment.adapters = {
            [.init(path: "/dev/i2c-1", title: "scripted", name: "i2c-1")]
        }
        environment.scanChips = { place in
            let scan = I2CBusScan(
                bus: chips,
                probe: {
                    _ = ($0); return $0 == 0x48 ? .answers : .absent
                },
                kernelChip: { _ in nil })
            return await scan.run(I2CScanned(bus: place.name, path: place.path))
        }
        environment.freeLines = { _ in [.init(name: "GPIO17", isOutput: false)] }
    }

    /// The registers of a three-phase meter at rest: 230 V, 50 Hz, all else 0.
    private static func meter(isSwapped: Bool) -> ScriptedDevice {
        var words = [UInt16](repeating: 0, count: 0x200)
        for (address, value) in [(0, 230.5), (2, 231), (4, 229), (6, 1.5), (0x46, 50)] {
            let bits = Float(value).bitPattern
            let pair = [UInt16(bits >> 16), UInt16(truncatingIfNeeded: bits)]
            words[address] = pair[isSwapped ? 1 : 0]
            words[address + 1] = pair[isSwapped ? 0 : 1]
        }
        return ScriptedDevice(holdingRegisters: words, inputRegisters: words)
    }

    var paths: SetupPaths {
        SetupPaths(
            configuration: folder.path("cabinet.yaml"), socket: folder.path("control.sock"))
    }

    /// Runs the wizard with answers. What it showed, and what it failed with.
    func run(
        _ answers: String = Self.answers
    ) async throws -> (screen: [String], failure: SetupFailure?) {
        let shown = Shown()
        let source = try ScriptedAnswers(SettingsFile(text: answers, name: "answers.yaml")) {
            shown.lines.append($0)
        }
        do throws(SetupFailure) {
            try await SetupWizard(environment, answers: source, paths: paths).run()
            return (shown.lines, nil)
        } catch {
            return (shown.lines, error)
        }
    }

    private final class Shown {
        var lines: [String] = []
    }

    /// Runs the wizard with a person, who leaves it after the last answer. What was shown and asked.
    func run(person answers: [String]) async -> [String] {
        let person = ScriptedPerson(answers)
        do throws(SetupFailure) {
            try await SetupWizard(environment, answers: person, paths: paths).run()
        } catch {
            person.show("\(error)")
        }
        return person.screen
    }
}

/// Somebody who knows beforehand what to answer, and waits for nothing.
private final class ScriptedPerson: Answering {
    let isPerson = true
    private var answers: [String]
    private(set) var screen: [String] = []

    init(_ answers: [String]) { self.answers = answers }

    func show(_ text: String) { screen.append(text) }

    func answer(_ question: Question) throws(AnswerStop) -> String {
        screen.append("\(question.name) [\(question.suggestion ?? "")]")
        guard !answers.isEmpty else { throw .leave }
        let answer = answers.removeFirst()
        switch answer {
        case "b": throw .back
        case "": return question.suggestion ?? ""
        default: return answer
        }
    }

    func secret(_ question: Question) throws(AnswerStop) -> [UInt8] {
        Array(try answer(question).utf8)
    }

    func hasEntered() -> Bool {
        screen.append("pressed Enter")
        return true
    }

    func names(below key: [String]) -> [String] { [] }
}
