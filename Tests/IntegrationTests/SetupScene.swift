import FoundationEssentials
import TestSupport
import Testing

/// A cabinet that nobody has set up: three meters on a serial line, of which the second sends its
/// lower words first, and a broker with TLS and passwords.
struct SetupScene {
    let folder: TestFolder
    let line: SimulatedLine
    let broker: SecuredBroker

    init() async throws {
        folder = try TestFolder()
        line = try await SimulatedLine(units: 3, profile: "meter", faults: ["swapped:2"])
        broker = try await SecuredBroker(in: folder)
    }

    var configuration: String { folder.path("cabinet.yaml") }

    /// The paths of all that is in the folder.
    var files: Set<String> {
        get throws { Set(try FileManager.default.subpathsOfDirectory(atPath: folder.path)) }
    }

    /// The command and its paths, within the test's folder.
    func arguments(_ more: String...) -> [String] {
        [
            "setup", "-c", configuration, "--journal", folder.path("journal"), "--socket",
            folder.path("control.sock"),
        ] + more
    }

    /// The answers of a technician who knows the cabinet.
    func answers(changed: (String) -> String = { $0 }) throws -> String {
        let answers = """
            board: none
            site: cabinet-0042
            buses: \(line.path)
            units: 1-3
            devices:
              modbus-1/1: {profile: eastron-sdm630, name: meter-1, right: yes}
              modbus-1/2: {profile: eastron-sdm630, name: meter-2, right: [no, yes], order: CDAB}
              modbus-1/3: {profile: eastron-sdm630, name: meter-3, right: yes}
            lines: none
            uplink:
              broker: mqtts://localhost:\(broker.port)
              ca: \(broker.authority)
              username: \(SecuredBroker.user)
              password: {file: \(broker.passwordFile)}
              session: senml
            write: yes
            start: no

            """
        return try folder.write("answers.yaml", changed(answers))
    }

    func answers(replacing text: String, with other: String) throws -> String {
        try answers { $0.replacing(text, with: other) }
    }

    /// Runs the wizard with answers from a file.
    func setUp(_ answers: String, _ more: String...) async throws -> TestProcess.Outcome {
        try await TestProcess(armadio: arguments("--answers", answers) + more).run()
    }

    /// A platform that hears everything at the broker.
    func subscriber() async throws -> TestProcess {
        try await broker.subscriber(to: "armadio/#", format: "%j")
    }

    /// The voltages that arrive, by the names of their readings, until there is one of each meter.
    func voltages(at subscriber: TestProcess) async throws -> [String: Double] {
        var voltages: [String: Double] = [:]
        while voltages.count < 3 {
            let message = try decode(
                Message.self, from: try await subscriber.line(containing: "{\""))
            guard message.payload.hasPrefix("[") else { continue }
            for (name, record) in try message.readings where name.hasSuffix("voltage-l1") {
                voltages[name] = record.v
            }
        }
        return voltages
    }
}
