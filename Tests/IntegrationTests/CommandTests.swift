import Glibc
import TestSupport
import Testing

/// A platform sets points through its broker; mbpoll, which is nobody of ours, sees what came of it.
@Suite struct CommandTests {
    private static let relay = """
          relay-1:
            driver: register-map
            bus: plc
            unit-id: 1
            interval: 200ms
            points:
              lamp: {coil: 1, writable: true}
              fan: {coil: 2, writable: true}
              setpoint: {holding: 300, type: float32, writable: {min: 5, max: 90}}
              energy: {holding: 10}

        """

    private struct Scene {
        let folder: TestFolder
        let server: (process: TestProcess, port: UInt16)
        let broker: MosquittoBroker

        init() async throws {
            folder = try TestFolder()
            server = try await startServer("pymodbus-server")
            broker = try await MosquittoBroker(in: folder)
            try TestGateway.write(
                to: folder, broker: broker.port,
                uplink: ", commands: [relay-1/lamp, relay-1/setpoint]",
                buses: ["plc": server.port], devices: CommandTests.relay)
        }

        func publish(_ topic: String, _ payload: String, _ options: String...) async throws {
            let outcome = try await TestProcess(
                [
                    "mosquitto_pub", "-h", "127.0.0.1", "-p", "\(broker.port)", "-V", "5", "-q",
                    "1", "-t", "armadio/cabinet-0042/" + topic, "-m", payload,
                ] + options
            ).run()
            try #require(outcome.code == 0, "\(outcome.errors)")
        }

        func coil(_ address: Int) async throws -> Bool {
            let outcome = try await TestProcess([
                "mbpoll", "-m", "tcp", "-p", "\(server.port)", "-a", "1", "-0", "-r", "\(address)",
                "-c", "1", "-t", "0", "-B", "-1", "-q", "127.0.0.1",
            ]).run()
            return outcome.output.contains("[\(address)]: \t1")
        }

        /// The gateway, with its subscriptions in place.
        func gateway() async throws -> TestGateway {
            let gateway = try await TestGateway(in: folder)
            // Its birth comes behind its subscriptions.
            let birth = try await broker.retained("armadio/cabinet-0042/status")
            try #require(birth.contains("online"))
            return gateway
        }
    }

    private struct Answer: Decodable {
        var id: String?
        var result: String
        var value: Bool?
        var reason: String?
    }

    private func answer(_ platform: TestSubscriber) async throws -> Answer {
        try decode(Answer.self, from: try await platform.next().payload)
    }

    @Test func aCommandIsCarriedOutOnceAnsweredAndRecorded() async throws {
        let scene = try await Scene()
        let answers = try await TestSubscriber("city/answers", at: scene.broker)
        let records = try await scene.broker.subscriber(
            to: "armadio/+/telemetry", count: 1000, format: "%p")
        let gateway = try await scene.gateway()
        let command = #"{"value":true,"id":"a7","origin":"operator"}"#
        let response = ["-D", "PUBLISH", "response-topic", "city/answers"]
        try await scene.publish(
            "command/relay-1/lamp", command, response[0], response[1], response[2], response[3])
        let done = try await answer(answers)
        #expect(done.id == "a7" && done.result == "done" && done.value == true)
        #expect(try await scene.coil(1))
        // The same command again is answered, and not done again.
        _ = try await armadio("write", "relay-1/lamp", "off", "-c", gateway.configuration)
        try await scene.publish(
            "command/relay-1/lamp", command, response[0], response[1], response[2], response[3])
        #expect(try await answer(answers).result == "done")
        #expect(try await scene.coil(1) == false)
        let record = try await records.line(containing: "\\\"id\\\":\\\"a7\\\"")
        for part in ["relay-1/lamp", "operator", "done"] { #expect(record.contains(part)) }
        try await gateway.stop()
    }

    @Test(arguments: [
        ("relay-1/fan", "true", "relay-1/fan is not listed in `commands` of uplink"),
        ("relay-1/energy", "1", "relay-1/energy is not writable"),
        ("relay-1/lmp", "true", "there is no point relay-1/lmp"),
        (
            "relay-1/lamp", #"{"value":true,"expiry":"2026-01-01T00:00:00Z"}"#,
            "stale: it expired at 2026-01-01T00:00:00"
        ),
        ("relay-1/setpoint", "91", "setpoint is 5 to 90, not 91"),
    ])
    func saysWhyNot(point: String, payload: String, reason: String) async throws {
        let scene = try await Scene()
        let answers = try await TestSubscriber(
            "armadio/cabinet-0042/command/+/+/result", at: scene.broker)
        let gateway = try await scene.gateway()
        try await scene.publish("command/" + point, payload)
        let refusal = try await answer(answers)
        #expect(refusal.result == (point.hasSuffix("setpoint") ? "failed" : "refused"))
        #expect(refusal.reason?.contains(reason) == true, "\(refusal)")
        #expect(try await scene.coil(1) == false)
        try await gateway.stop()
    }

    /// A retained wish holds for a gateway that comes later.
    @Test func aWantedStateOutlivesAnOutage() async throws {
        let scene = try await Scene()
        let reports = try await TestSubscriber(
            "armadio/cabinet-0042/reported/#", at: scene.broker)
        try await scene.publish("desired/relay-1/lamp", "true", "-r")
        let gateway = try await scene.gateway()
        let report = try await answer(reports)
        #expect(report.result == "done" && report.value == true)
        #expect(try await scene.coil(1))
        try await gateway.stop()
    }
}
