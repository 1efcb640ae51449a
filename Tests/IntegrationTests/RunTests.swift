import FoundationEssentials
import Glibc
import TestSupport
import Testing

/// `armadio run`: a field of another library, a real broker, an independent platform.
@Suite struct RunTests {
    /// One meter of the field: registers show their address.
    private static let meter = """
          meter-1:
            driver: register-map
            bus: plc
            unit-id: 1
            interval: 200ms
            points:
              voltage: {holding: 230, type: uint16, unit: V}
              energy: {input: 1, type: uint32, unit: kWh}
              door: {discrete: 3}
        """

    @Test func readingsArriveWithTheirIdentity() async throws {
        let folder = try TestFolder()
        let (server, broker) = (
            try await startServer("pymodbus-server"), try await MosquittoBroker(in: folder)
        )
        let platform = try await TestSubscriber(at: broker)
        try TestGateway.write(
            to: folder, broker: broker.port, buses: ["plc": server.port], commitAfter: "1m",
            devices: Self.meter)
        let gateway = try await TestGateway(in: folder)
        let messages = try await platform.messages { $0.sequence?.contains(10) == true }
            .filter { $0.topic == "armadio/cabinet-0042/telemetry" }
        #expect(messages.first?.sequence?.lowerBound == 0)
        for (message, next) in zip(messages, messages.dropFirst()) {
            #expect(next.sequence?.lowerBound == message.sequence?.upperBound)
            #expect(next.properties["epoch"] == message.properties["epoch"])
        }
        for message in messages {
            #expect(message.properties["gateway"] == "cabinet-0042")
            let readings = try message.readings
            #expect(readings.count == message.sequence?.count)
            for (name, record) in readings { expectRight(name, record) }
        }
        let status = try decode(Status.self, from: try await gateway.status("--json").output)
        #expect(messages[0].properties["epoch"] == status.journal.epoch)
        #expect(try await gateway.stop().code == 0)
    }

    private func expectRight(_ name: String, _ record: Message.Record) {
        switch name {
        case "cabinet-0042/meter-1/voltage": #expect(record.v == 230 && record.u == "V")
        case "cabinet-0042/meter-1/energy": #expect(record.v == 65538 && record.u == "kWh")
        case "cabinet-0042/meter-1/door": #expect(record.vb == true && record.u == nil)
        default: Issue.record("a reading that nobody asked for: \(name)")
        }
    }

    /// The retained status says online while the gateway runs, offline when it has stopped, and
    /// when it was killed: the broker keeps it for whoever comes later.
    @Test func retainedStatusSaysWhetherItRuns() async throws {
        let folder = try TestFolder()
        let broker = try await MosquittoBroker(in: folder)
        try TestGateway.write(to: folder, broker: broker.port)
        for signal in [SIGTERM, SIGKILL] {
            let watcher = try await TestSubscriber("armadio/+/status", at: broker)
            let gateway = try await TestGateway(in: folder)
            _ = try await watcher.messages { $0.payload.contains(#""status":"online""#) }
            #expect(try await retainedStatus(at: broker).contains(#""status":"online""#))
            try await gateway.process.end(signal)
            _ = try await watcher.messages { $0.payload.contains(#""status":"offline""#) }
            #expect(try await retainedStatus(at: broker).contains(#""status":"offline""#))
        }
    }

    private func retainedStatus(at broker: MosquittoBroker) async throws -> String {
        let outcome = try await TestProcess([
            "mosquitto_sub", "-h", "127.0.0.1", "-p", "\(broker.port)", "-C", "1",
            "--retained-only", "-t", "armadio/cabinet-0042/status",
        ]).run()
        return outcome.output
    }

    /// SIGTERM: exit code 0, and everything taken is acknowledged; so the next start has nothing
    /// to send again and begins a new epoch.
    @Test(arguments: [SIGTERM, SIGINT])
    func stopsWithNothingLeft(_ signal: Int32) async throws {
        let folder = try TestFolder()
        let (field, broker) = (try await SimulatedField(), try await MosquittoBroker(in: folder))
        let platform = try await TestSubscriber("armadio/+/telemetry", at: broker)
        try TestGateway.write(
            to: folder, broker: broker.port, buses: ["plc": field.port], commitAfter: "1m",
            devices: Self.meter)
        let first = try await TestGateway(in: folder)
        let epoch = try await platform.next().properties["epoch"]
        let outcome = try await first.process.end(signal)
        #expect(outcome.code == 0)
        #expect(outcome.output == "")
        #expect(outcome.errors.contains("stopped: all readings are acknowledged"))
        let second = try await TestGateway(in: folder)
        let messages = try await platform.messages { $0.properties["epoch"] != epoch }
        #expect(messages.last?.sequence?.lowerBound == 0)
        let status = try decode(Status.self, from: try await second.status("--json").output)
        #expect(status.journal.onDisk == 0)
        #expect(status.journal.epoch == messages.last?.properties["epoch"])
        // What the first run sent is without a gap, too.
        let sequences = messages.dropLast().compactMap(\.sequence)
        for (sequence, next) in zip(sequences, sequences.dropFirst()) {
            #expect(next.lowerBound == sequence.upperBound)
        }
    }

    /// SIGTERM while the broker is away: exit code 0, nothing is lost. The next start sends it
    /// under the identity that it has had from the beginning.
    @Test func stopsWithoutABrokerAndSendsAfterTheNextStart() async throws {
        let folder = try TestFolder()
        let (field, broker) = (try await SimulatedField(), try await MosquittoBroker(in: folder))
        try await broker.end()
        try TestGateway.write(
            to: folder, broker: broker.port, buses: ["plc": field.port], devices: Self.meter)
        let first = try await TestGateway(in: folder)
        let before = try await first.status(until: { $0.journal.onDisk >= 3 })
        let outcome = try await first.stop()
        #expect(outcome.code == 0)
        let words = outcome.errors.split(separator: "stopped: ").last?.split(separator: " ")
        let left = try #require(words?.first.flatMap { Int($0) })
        #expect(left >= before.journal.onDisk + before.journal.inMemory)
        #expect(outcome.errors.contains("\(left) readings wait in the journal for the next start"))
        let again = try await MosquittoBroker(in: folder, port: broker.port)
        let platform = try await TestSubscriber("armadio/+/telemetry", at: again)
        let second = try await TestGateway(in: folder)
        let messages = try await platform.messages {
            $0.properties["epoch"] == before.journal.epoch
                && $0.sequence?.upperBound == UInt64(left)
        }
        let sequences = messages.filter { $0.properties["epoch"] == before.journal.epoch }
            .compactMap(\.sequence)
        #expect(sequences.first?.lowerBound == 0)
        #expect(sequences.reduce(0) { $0 + $1.count } == left)
        try await second.stop()
    }

    /// Two gateways on one journal would give one identity to two readings.
    @Test func refusesAJournalThatIsInUse() async throws {
        let folder = try TestFolder()
        try TestGateway.write(to: folder, broker: 1)
        let gateway = try await TestGateway(in: folder)
        let second = try await armadio("run", "-c", gateway.configuration)
        #expect(second.code == 1)
        #expect(second.output == "")
        #expect(
            second.errors
                == "armadio: journal \(folder.path)/journal: another process has it open; "
                + "stop that process or name another directory\n")
        #expect(try await gateway.status().code == 0)
        try await gateway.stop()
    }

    @Test func refusesAControlSocketThatAnotherGatewayServes() async throws {
        let folder = try TestFolder()
        try TestGateway.write(to: folder, broker: 1)
        let gateway = try await TestGateway(in: folder)
        let text = try String(contentsOfFile: gateway.configuration, encoding: .utf8)
        let other = try folder.write(
            "other.yaml", text.replacing("/journal,", with: "/other-journal,"))
        let second = try await armadio("run", "-c", other)
        #expect(second.code == 1)
        #expect(
            second.errors == "armadio: control socket \(folder.path)/control.sock: another gateway "
                + "answers there; stop it, or name another path with `control: {socket: PATH}`\n")
        #expect(try await gateway.status().code == 0)
        try await gateway.stop()
    }

    /// A socket left by a gateway that was killed is no hindrance, and a folder that is missing
    /// is made.
    @Test func takesOverTheSocketOfAGatewayThatWasKilled() async throws {
        let folder = try TestFolder()
        try TestGateway.write(to: folder, broker: 1)
        let text = try String(contentsOfFile: folder.path("cabinet.yaml"), encoding: .utf8)
        try folder.write(
            "cabinet.yaml", text.replacing("/control.sock", with: "/run/control.sock"))
        let first = try await TestGateway(in: folder)
        try await first.process.end(SIGKILL)
        #expect(try await first.status().code == 3)
        let second = try await TestGateway(in: folder)
        #expect(try await second.status().code == 0)
        try await second.stop()
    }

    @Test func startsNothingWithAConfigurationThatHasProblems() async throws {
        let folder = try TestFolder()
        let path = try folder.write("cabinet.yaml", "gateway: cabinet 42\n")
        let outcome = try await armadio("run", "-c", path)
        #expect(outcome.code == 2)
        #expect(
            outcome.errors == """
                \(path):1:1: `uplink` is missing in the configuration; add `uplink: ...`
                \(path):1:10: `cabinet 42` cannot be a name; use 1 to 64 of A-Z a-z 0-9 - : . _ and \
                begin with a letter or digit

                """)
        #expect(try folder.contents == ["cabinet.yaml"])
    }
}
