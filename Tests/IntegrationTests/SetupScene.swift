import FoundationEssentials
import TestSupport
import Testing

/// A cabinet that nobody has set up: three meters on a serial line, of which the second sends its
/// lower words first, and a broker with TLS and passwords.
struct SetupScene {
    static let password = "correct horse"

    let folder: TestFolder
    let line: SimulatedLine
    let broker: MosquittoBroker

    init() async throws {
        folder = try TestFolder()
        try await folder.run(
            """
            exec 2>/dev/null
            key="-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
            openssl req -x509 $key -days 2 -subj /CN=city -keyout ca.key -out ca.pem
            openssl req $key -subj /CN=localhost -keyout broker.key -out broker.csr
            echo subjectAltName=DNS:localhost,IP:127.0.0.1 >names
            openssl x509 -req -in broker.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 \
                -extfile names -out broker.pem
            touch passwords; chmod 600 passwords
            mosquitto_passwd -b passwords cabinet '\(Self.password)'
            """)
        try folder.write("password", Self.password + "\n")
        line = try await SimulatedLine(units: 3, profile: "meter", faults: ["swapped:2"])
        broker = try await MosquittoBroker(
            in: folder,
            [
                "cafile \(folder.path)/ca.pem", "certfile \(folder.path)/broker.pem",
                "keyfile \(folder.path)/broker.key", "allow_anonymous false",
                "password_file \(folder.path)/passwords",
            ])
    }

    var configuration: String { folder.path("cabinet.yaml") }

    /// The command and its paths, within the test's folder.
    func arguments(_ more: String...) -> [String] {
        [
            "setup", "-c", configuration, "--journal", folder.path("journal"), "--socket",
            folder.path("control.sock"),
        ] + more
    }

    /// The answers of a technician who knows the cabinet.
    func answers(replacing text: String = "", with other: String = "") throws -> String {
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
              ca: \(folder.path)/ca.pem
              username: cabinet
              password: {file: \(folder.path)/password}
              session: senml
            write: yes
            start: no

            """
        return try folder.write("answers.yaml", answers.replacing(text, with: other))
    }

    /// Runs the wizard with answers from a file.
    func setUp(_ answers: String, _ more: String...) async throws -> TestProcess.Outcome {
        try await TestProcess(armadio: arguments("--answers", answers) + more).run()
    }

    /// A platform that hears everything at the broker.
    func subscriber() async throws -> TestProcess {
        let subscriber = TestProcess([
            "stdbuf", "-oL", "mosquitto_sub", "-d", "-h", "localhost", "-p", "\(broker.port)",
            "--cafile", folder.path("ca.pem"), "-u", "cabinet", "-P", Self.password, "-V", "5",
            "-q", "1", "-t", "armadio/#", "-F", "%j",
        ])
        try await subscriber.start()
        _ = try await subscriber.line(containing: "SUBACK")
        return subscriber
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
