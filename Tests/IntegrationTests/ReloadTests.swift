import FoundationEssentials
import Glibc
import TestSupport
import Testing

/// SIGHUP: the gateway goes over to a changed configuration, and what has not changed does not
/// notice.
@Suite struct ReloadTests {
    static let still = """
          still:
            {driver: register-map, bus: plc, unit-id: 1, interval: 100ms, points: {a: {holding: 7}}}

        """
    static let changing = """
          changing:
            {driver: register-map, bus: drive, unit-id: 1, interval: 100ms, points: {b: {holding: 8}}}

        """
    private static let new = """
          new:
            {driver: register-map, bus: drive, unit-id: 2, interval: 100ms, points: {c: {input: 9}}}

        """

    private func values(of message: Message) throws -> [String: Double] {
        Dictionary(try message.readings.map { ($0.name, $0.record.v ?? .nan) }) { $1 }
    }

    /// The server of the bus that is the same in both has seen one connection in the end, that of
    /// the changed one two.
    @Test func unchangedBusKeepsItsConnection() async throws {
        let folder = try TestFolder()
        let (still, other) = (
            try await startServer("pymodbus-server"), try await startServer("pymodbus-server")
        )
        let broker = try await MosquittoBroker(in: folder)
        let platform = try await TestSubscriber("armadio/+/telemetry", at: broker)
        let buses: KeyValuePairs = ["plc": still.port, "drive": other.port]
        try TestGateway.write(
            to: folder, broker: broker.port, buses: buses, devices: Self.still + Self.changing)
        let gateway = try await TestGateway(in: folder)
        _ = try await platform.messages { try values(of: $0)["cabinet-0042/changing/b"] == 8 }
        try TestGateway.write(
            to: folder, broker: broker.port, buses: buses,
            devices: Self.still + Self.changing.replacing("holding: 8", with: "holding: 80")
                + Self.new)
        await gateway.reload()
        try await gateway.log("unchanged: 1 of the buses")
        _ = try await platform.messages { try values(of: $0)["cabinet-0042/changing/b"] == 80 }
        _ = try await platform.messages { try values(of: $0)["cabinet-0042/new/c"] == 9 }
        _ = try await platform.messages { try values(of: $0)["cabinet-0042/still/a"] == 7 }
        let status = try decode(Status.self, from: try await gateway.status("--json").output)
        #expect(status.devices.map(\.name) == ["still", "changing", "new"])
        #expect(status.devices.allSatisfy { $0.bad == 0 })
        #expect(try await gateway.stop().code == 0)
        #expect(try await connections(of: still.process) == 1)
        #expect(try await connections(of: other.process) == 2)
    }

    private func connections(of server: TestProcess) async throws -> Int {
        let output = try await server.end(SIGTERM).output
        return output.split(separator: "\n").count { $0 == "a client has come" }
    }

    /// A removed device is asked no more, and its bus is let go.
    @Test func removedDeviceIsLetGo() async throws {
        let folder = try TestFolder()
        let (server, broker) = (
            try await startServer("pymodbus-server"), try await MosquittoBroker(in: folder)
        )
        let platform = try await TestSubscriber("armadio/+/telemetry", at: broker)
        try TestGateway.write(
            to: folder, broker: broker.port, buses: ["drive": server.port],
            devices: Self.changing)
        let gateway = try await TestGateway(in: folder)
        _ = try await platform.next()
        try TestGateway.write(to: folder, broker: broker.port, buses: ["drive": server.port])
        await gateway.reload()
        _ = try await server.process.line(containing: "a client has gone")
        let status = try await gateway.status { $0.devices.isEmpty }
        #expect(status.configurationFailure == nil)
        try await gateway.stop()
    }

    /// A file with problems: all of them are in the log, the gateway goes on as before and says so
    /// in its status, until the file is mended.
    @Test func brokenFileChangesNothing() async throws {
        let folder = try TestFolder()
        let (server, broker) = (
            try await startServer("pymodbus-server"), try await MosquittoBroker(in: folder)
        )
        let platform = try await TestSubscriber("armadio/+/telemetry", at: broker)
        try TestGateway.write(
            to: folder, broker: broker.port, buses: ["plc": server.port], devices: Self.still)
        let gateway = try await TestGateway(in: folder)
        _ = try await platform.next()
        let right = try String(contentsOfFile: gateway.configuration, encoding: .utf8)
        try folder.write(
            "cabinet.yaml",
            right.replacing("bus: plc", with: "bus: pcl").replacing("holding: 7", with: "holdin: 7")
        )
        await gateway.reload()
        try await gateway.log("there is no bus `pcl`; did you mean `plc`?")
        try await gateway.log("unknown key `holdin` in `a`; did you mean `holding`?")
        try await gateway.log("error: the configuration has problems; the one in use stays")
        let problem =
            "\(gateway.configuration) has problems; `armadio check` lists them"
        let status = try decode(Status.self, from: try await gateway.status("--json").output)
        #expect(status.configurationFailure == problem)
        let text = try await gateway.status()
        #expect(text.code == 0)
        #expect(
            text.output.hasPrefix(
                "! configuration: it was not taken over, the one before goes on: \(problem)\n"))
        let taken = status.journal.readings
        _ = try await platform.messages { $0.sequence?.contains(taken + 5) == true }
        try folder.write("cabinet.yaml", right)
        await gateway.reload()
        _ = try await gateway.status { $0.configurationFailure == nil }
        try await gateway.stop()
        #expect(try await connections(of: server.process) == 1)
    }

    /// Another broker: what is taken from now on goes there, and the sequence goes on.
    @Test func changedBrokerTakesOverWithoutAGap() async throws {
        let folder = try TestFolder()
        let (field, old, new) = (
            try await SimulatedField(), try await MosquittoBroker(in: folder),
            try await MosquittoBroker(in: folder)
        )
        let before = try await TestSubscriber("armadio/+/telemetry", at: old)
        let after = try await TestSubscriber("armadio/#", at: new)
        let buses: KeyValuePairs = ["plc": field.port]
        try TestGateway.write(
            to: folder, broker: old.port, buses: buses, commitAfter: "1m", devices: Self.still)
        let gateway = try await TestGateway(in: folder)
        let first = try await before.next()
        try TestGateway.write(
            to: folder, broker: new.port, buses: buses, commitAfter: "1m", devices: Self.still)
        await gateway.reload()
        let status = try await gateway.status {
            $0.uplinks[0].isUp && $0.uplinks[0].broker == "mqtt://127.0.0.1:\(new.port)"
        }
        #expect(status.journal.epoch == first.properties["epoch"])
        #expect(try await after.next().payload.contains("online"))
        let next = try await after.next()
        #expect(next.properties["epoch"] == first.properties["epoch"])
        // Everything before is with the old broker, of which no reading is the new one's first.
        let start = try #require(next.sequence?.lowerBound)
        var seen = try #require(first.sequence)
        while seen.upperBound < start {
            let sequence = try #require(try await before.next().sequence)
            #expect(sequence.lowerBound == seen.upperBound)
            seen = sequence
        }
        try await gateway.stop()
    }

    /// The name is part of every reading's identity: it stays for the life of the process.
    @Test func changedNameWaitsForTheNextStart() async throws {
        let folder = try TestFolder()
        let (field, broker) = (try await SimulatedField(), try await MosquittoBroker(in: folder))
        let platform = try await TestSubscriber("armadio/+/telemetry", at: broker)
        try TestGateway.write(
            to: folder, broker: broker.port, buses: ["plc": field.port], devices: Self.still)
        let gateway = try await TestGateway(in: folder)
        _ = try await platform.next()
        let text = try String(contentsOfFile: gateway.configuration, encoding: .utf8)
        try folder.write(
            "cabinet.yaml", text.replacing("gateway: cabinet-0042", with: "gateway: x"))
        await gateway.reload()
        try await gateway.log(
            "changes to `gateway`, `journal` and `control` take effect at the next start")
        let status = try await gateway.status { $0.uplinks[0].isUp }
        #expect(status.gateway == "cabinet-0042")
        let taken = status.journal.readings
        for message in try await platform.messages(until: { $0.sequence?.contains(taken) == true })
        {
            #expect(message.topic == "armadio/cabinet-0042/telemetry")
            #expect(message.properties["gateway"] == "cabinet-0042")
        }
        try await gateway.stop()
    }
}
