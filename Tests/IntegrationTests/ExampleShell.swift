import FoundationEssentials
import Glibc
import TestSupport
import Testing

/// A place where the commands of the documentation can be run as they stand: in a folder with a
/// `cabinet.yaml`, with a field, a broker and a running gateway, and with an `armadio` that takes
/// that file where /etc/armadio/cabinet.yaml is meant.
struct ExampleShell {
    private let folder: TestFolder
    private let field: SimulatedField
    /// What the examples call `plc` and borrow: no example reads of its devices meanwhile.
    private let plc: SimulatedField
    /// The devices that the examples call 192.168.1.20; the gateway has none there.
    private let otherField: SimulatedField
    /// Devices that are written to: no example borrows their bus meanwhile.
    private let relays: SimulatedField
    private let broker: MosquittoBroker
    private let gateway: TestGateway

    /// The journal of the examples that are about another cabinet's.
    private static let deadCard = "/mnt/card/var/lib/armadio/journal"

    private static let devices = """
          meter-1:
            driver: register-map
            bus: meters
            unit-id: 1
            points:
              voltage: {input: 0, type: float32, unit: V}
              energy: {input: 0x156, type: float32, unit: kWh}
          relay-1:
            driver: register-map
            bus: relays
            unit-id: 1
            points:
              lamp: {coil: 0, writable: true}
          heating:
            driver: register-map
            bus: relays
            unit-id: 1
            points:
              setpoint: {holding: 100, type: float32, writable: true}
              offset: {holding: 110, type: int16, writable: true}
        """

    private static let template = """
        {"device_type": "meter", "device": {"name": "Meter", "channels": [
            {"name": "U", "reg_type": "input", "address": 0, "format": "float", "units": "V"}]}}
        """

    init() async throws {
        folder = try TestFolder()
        try folder.write("config-meter.json", Self.template)
        try folder.write("profiles/readme", "")
        field = try await SimulatedField(profile: "meter")
        plc = try await SimulatedField(profile: "meter")
        otherField = try await SimulatedField(profile: "meter")
        relays = try await SimulatedField()
        broker = try await MosquittoBroker(in: folder)
        try TestGateway.write(
            to: folder, broker: broker.port,
            buses: ["meters": field.port, "plc": plc.port, "relays": relays.port],
            devices: Self.devices)
        try folder.write("answers.yaml", Self.answers(otherField.port, broker.port))
        gateway = try await TestGateway(in: folder)
        let profile = try await TestProcess(armadio: ["profile", "new", "acme-meter"]).run().output
        for name in ["acme-meter.yaml", "own-profiles/acme-meter.yaml"] {
            try folder.write(name, profile)
        }
    }

    /// Of `armadio setup`, for a cabinet beside this one.
    private static func answers(_ field: UInt16, _ broker: UInt16) -> String {
        """
        board: none
        site: cabinet-0043
        buses: "127.0.0.1:\(field)"
        units: 1
        devices: {modbus-1/1: {profile: eastron-sdm630, name: meter-1, right: yes}}
        lines: none
        uplink: {broker: "mqtt://127.0.0.1:\(broker)", username: none, session: senml}
        write: yes
        start: no

        """
    }

    /// What `armadio` is in the shell. It takes the shell's place, and so its signals.
    private var prelude: String {
        get throws {
            """
            armadio() {
                case "$1 $*" in
                *" -c "* | *" --config "*) ;;
                "setup "*" --verify"*) set -- "$@" --config cabinet.yaml ;;
                "setup "*) set -- "$@" --config new.yaml --socket new.sock ;;
                "write "*) set -- write --config cabinet.yaml "${@:2}" ;;
                "run "* | "check "* | "read "* | "decode "* | "scan "* | "status "* | "health "* | "points "* | "log "* | "journal "* | "doctor "* | "watch "* | "history "* | "support-bundle "* | "report "* | "config "* | "add "* | "set "* | "remove "*) set -- "$@" --config cabinet.yaml ;;
                esac
                exec '\(try TestProcess.armadio)' "$@"
            }
            set -o pipefail

            """
        }
    }

    /// Runs a line to its end, or, if it is of a command that serves, until it does.
    func expectSuccess(of line: String) async throws {
        let outcome: TestProcess.Outcome
        // Its questions are those of SetupTerminalTests.
        let line = line == "armadio setup" ? line + " --answers answers.yaml" : line
        switch line.split(separator: " ").dropFirst().first {
        case "run": outcome = try await serve(line, until: "runs", on: .errors)
        case "simulate":
            outcome = try await simulate(line)
        case "receive":
            outcome = try await receive(line)
        case "watch": outcome = try await watch(line)
        case "add", "set", "remove", "config", "report": outcome = try await alone(line)
        default:
            outcome = try await shell(
                line.replacing(Self.deadCard, with: "journal")
                    .replacing("/etc/armadio/profiles", with: "own-profiles")
                    .replacing("192.168.1.20", with: "127.0.0.1:\(otherField.port)"),
                in: folder
            ).run()
            // A scan tells there what it finds, who borrows a bus that he does, and a machine that
            // is none of the boards that it is not.
            let tells = ["scan", "decode plc", "board show", "report"].contains {
                line.hasPrefix("armadio " + $0)
            }
            #expect(outcome.errors == "" || tells, "\(line)")
            // A gateway whose link is up has written nothing that could be dumped.
            let isDump = line.contains("journal dump") || line.contains("journal export")
            #expect(!outcome.output.isEmpty || isDump || line.contains(" > "), "\(line)")
        }
        // What the doctor finds is the machine's.
        let isFine = outcome.code == 0 || outcome.code == 1 && line.hasPrefix("armadio doctor")
        #expect(isFine, "\(line): \(outcome.errors)\(outcome.output)")
        if line == "armadio demo" {
            #expect(outcome.output.hasSuffix(", 0 missing, 0 repeated.\n"))
        }
    }

    /// The port of an example, or its link, may be somebody's.
    private func simulate(_ line: String) async throws -> TestProcess.Outcome {
        if line.contains("--rtu") {
            let own = line.replacing(#/--link \S+/#, with: "--link line")
            return try await serve(own, until: "serving /dev/", on: .output)
        }
        #expect(line.contains(/--port \d+|modbus$/))
        let free = line.replacing(#/ --port \d+/#, with: "") + " --port 0"
        return try await serve(free, until: "listening on 127.0.0.1:", on: .output)
    }

    /// What a receiver's commands look at, a receiver has made.
    private func receive(_ line: String) async throws -> TestProcess.Outcome {
        let database = folder.path("readings.db")
        let receiver = "armadio receive --broker mqtt://127.0.0.1 --database readings.db"
        let isReceiver = line.contains("--broker")
        let own = (isReceiver ? line : receiver)
            .replacing("mqtt://127.0.0.1", with: "mqtt://127.0.0.1:\(broker.port)")
            .replacing("readings.db", with: database)
        let outcome = try await serve(own, until: "connected", on: .output)
        return isReceiver ? outcome : try await shell(line, in: folder).run()
    }

    private func watch(_ line: String) async throws -> TestProcess.Outcome {
        let process = try shell(line, in: folder)
        try await process.start()
        _ = try await process.line(containing: "meter-1/voltage", on: .output)
        return try await process.end(SIGINT)
    }

    /// What changes the configuration, or borrows every bus, has a cabinet of its own, with what
    /// the example takes for granted: a changed file, one on trial, one that was before.
    private func alone(_ line: String) async throws -> TestProcess.Outcome {
        let (other, name) = try copy()
        let gateway = try await TestGateway(in: other, named: name)
        let words = line.split(separator: " ")
        let change = "armadio set relay-1 interval=7s"
        let before: String? =
            switch (words[1], words.count > 2 ? words[2] : "") {
            case ("config", "confirm"): change + " --apply --confirm-within 5m --no-wait"
            case ("config", "rollback"): change + " --apply --no-wait"
            case ("config", _): change
            default: nil
            }
        if let before {
            let outcome = try await shell(before, in: other).run()
            try #require(outcome.code == 0, "\(outcome.errors)")
        }
        let outcome = try await shell(line, in: other).run()
        try await gateway.stop()
        return outcome
    }

    /// A second gateway has a journal, a socket and a name of its own: a broker lets go who
    /// connects with the name of another.
    private func copy() throws -> (folder: TestFolder, name: String) {
        let other = try TestFolder()
        let configuration = try String(
            contentsOfFile: gateway.configuration, encoding: .utf8)
        let name = "cabinet-\(UInt32.random(in: .min ... .max))"
        try other.write(
            "cabinet.yaml",
            configuration.replacing(folder.path, with: other.path)
                .replacing(TestGateway.name, with: name))
        return (other, name)
    }

    private func serve(
        _ line: String, until text: String, on stream: TestProcess.Stream
    ) async throws -> TestProcess.Outcome {
        let (other, _) = try copy()
        let process = try shell(line, in: other)
        try await process.start()
        _ = try await process.line(containing: text, on: stream)
        return try await process.end(SIGTERM)
    }

    private func shell(_ line: String, in folder: TestFolder) throws -> TestProcess {
        TestProcess(["env", "--chdir=\(folder.path)", "bash", "-c", try prelude + line])
    }
}
