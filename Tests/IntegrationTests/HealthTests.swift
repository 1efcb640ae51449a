import FoundationEssentials
import Glibc
import TestSupport
import Testing

/// `armadio health`, and what answers over HTTP beside it.
@Suite struct HealthTests {
    private struct Answer: Decodable {
        var health: String
        var findings: [FindingLine]
    }

    private func device(_ name: String, unit: Int) -> String {
        "  \(name): {driver: register-map, bus: plc, unit-id: \(unit), interval: 200ms, "
            + "points: {a: {holding: 7}}}\n"
    }

    /// A gateway with these devices, of which only unit 1 answers.
    private struct Scene {
        let field: SimulatedField
        let broker: MosquittoBroker
        let gateway: TestGateway

        init(_ devices: String, in folder: TestFolder) async throws {
            field = try await SimulatedField(units: 9, faults: ["mute:9"])
            broker = try await MosquittoBroker(in: folder)
            try TestGateway.write(
                to: folder, broker: broker.port, buses: ["plc": field.port],
                responseTimeout: "300ms", devices: devices)
            gateway = try await TestGateway(in: folder)
            _ = try await gateway.status { status in
                status.uplinks[0].isUp && status.devices.allSatisfy { $0.good + $0.bad > 0 }
            }
        }
    }

    private func health(_ gateway: TestGateway, _ options: String...) async throws
        -> TestProcess.Outcome
    {
        try await TestProcess(armadio: ["health", "-c", gateway.configuration] + options).run()
    }

    /// What is answered on the metrics socket: the status, and the last line.
    private func get(_ path: String, _ folder: TestFolder) async throws -> (String, String) {
        let client = try ControlSocketClient(folder.path("metrics.sock"))
        await client.send(Array("GET \(path) HTTP/1.0\r\n\r\n".utf8))
        let status = try await client.line() ?? ""
        var last = ""
        while let line = try await client.line() { last = line }
        return (status, last)
    }

    @Test func oneDeadDeviceOfTwoIsDegraded() async throws {
        let folder = try TestFolder()
        let scene = try await Scene(
            device("well", unit: 1) + device("mute", unit: 9), in: folder)
        let word = try await health(scene.gateway)
        #expect(word.code == 0 && word.output == "degraded\n" && word.errors == "")
        let answer = try decode(Answer.self, from: try await health(scene.gateway, "--json").output)
        #expect(answer.health == "degraded")
        #expect(answer.findings.contains { $0.subject == "device mute" })
        #expect(try await get("/health", folder) == ("HTTP/1.1 200 OK\r", "degraded"))
        #expect(try await get("/ready", folder) == ("HTTP/1.1 200 OK\r", "ready"))
        try await scene.gateway.stop()
    }

    @Test func noDeviceThatAnswersIsFailing() async throws {
        let folder = try TestFolder()
        let scene = try await Scene(device("mute", unit: 9), in: folder)
        let word = try await health(scene.gateway)
        #expect(word.code == 1 && word.output == "failing\n")
        #expect(
            try await get("/health", folder) == ("HTTP/1.1 503 Service Unavailable\r", "failing"))
        try await scene.gateway.stop()
    }

    @Test func noGatewayIsStopped() async throws {
        let folder = try TestFolder()
        try TestGateway.write(to: folder, broker: 1)
        let outcome = try await armadio("health", "-c", folder.path("cabinet.yaml"))
        #expect(outcome.code == 3 && outcome.output == "stopped\n" && outcome.errors == "")
    }

    /// A reload closes what is not served any more, and opens it again.
    @Test func metricsCanBeSwitchedOff() async throws {
        let folder = try TestFolder()
        try TestGateway.write(to: folder, broker: 1)
        let gateway = try await TestGateway(in: folder)
        #expect(try await get("/metrics", folder).0 == "HTTP/1.1 200 OK\r")
        let file = try String(contentsOfFile: gateway.configuration, encoding: .utf8)
        try folder.write("cabinet.yaml", file + "metrics: off\n")
        await gateway.reload()
        try await gateway.log("configuration reloaded")
        #expect(access(folder.path("metrics.sock"), F_OK) != 0)
        try folder.write("cabinet.yaml", file + "metrics: on\n")
        await gateway.reload()
        try await gateway.log("configuration reloaded")
        #expect(try await get("/metrics", folder).0 == "HTTP/1.1 200 OK\r")
        try await gateway.stop()
    }
}
