import FoundationEssentials
import TestSupport
import Testing

/// A cabinet whose configuration is changed while its gateway runs.
struct ConfigScene {
    /// What a test reads of `armadio config history --json`.
    struct History: Decodable {
        struct Version: Decodable {
            var number: Int
            var origin: String
            var time: String?
            var outcome: String
            var reason: String
        }

        struct Trial: Decodable {
            var number: Int
            var isConfirmed: Bool
            var secondsLeft: Double
        }

        var isFileInUse: Bool?
        var inUse: Int?
        var trial: Trial?
        var versions: [Version]
    }

    let folder: TestFolder
    let field: SimulatedField
    let broker: MosquittoBroker
    let platform: TestSubscriber
    var gateway: TestGateway
    /// The file as it was at first.
    let text: String

    init() async throws {
        folder = try TestFolder()
        field = try await SimulatedField(units: 2)
        broker = try await MosquittoBroker(in: folder)
        platform = try await TestSubscriber("armadio/+/telemetry", at: broker)
        try TestGateway.write(
            to: folder, broker: broker.port, buses: ["plc": field.port],
            devices: """
                  m1:
                    driver: register-map   # the main meter
                    bus: plc
                    unit-id: 1
                    interval: 100ms
                    points: {a: {holding: 7}}
                """)
        gateway = try await TestGateway(in: folder)
        text = try String(contentsOfFile: gateway.configuration, encoding: .utf8)
        _ = try await gateway.status { $0.uplinks[0].isUp }
    }

    var path: String { folder.path("cabinet.yaml") }

    var file: String {
        get throws { String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self) }
    }

    /// The file with another interval.
    func text(interval: String) -> String {
        text.replacing("interval: 100ms", with: "interval: \(interval)")
    }

    /// A command about this file, not started yet.
    func command(_ words: [String]) throws -> TestProcess {
        try TestProcess(armadio: words + ["-c", path])
    }

    /// A command about this file, run to its end.
    func run(_ words: String...) async throws -> TestProcess.Outcome {
        try await command(words).run()
    }

    /// Writes another interval into the file.
    func set(interval: String) async throws {
        let outcome = try await run("set", "m1", "interval=\(interval)")
        try #require(outcome.code == 0, "\(outcome)")
    }

    func history() async throws -> History {
        try decode(History.self, from: try await run("config", "history", "--json").output)
    }

    /// A command about this file on a terminal of its own.
    func terminal(_ words: String...) throws -> TestTerminal {
        try TestTerminal([try TestProcess.armadio] + words + ["-c", path])
    }
}
