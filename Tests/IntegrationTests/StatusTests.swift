import Glibc
import TestSupport
import Testing

/// `armadio status`: what a technician sees, and what a script reads.
@Suite struct StatusTests {
    private static let devices = """
          meter-1:
            {driver: register-map, bus: plc, unit-id: 1, interval: 200ms, points: {a: {holding: 7}}}
          mute:
            {driver: register-map, bus: drive, unit-id: 9, interval: 500ms, points: {a: {holding: 7}}}
        """

    /// A gateway with one device that answers and one that does not, each on a bus of its own.
    private struct Scene {
        let fields: [SimulatedField]
        let broker: MosquittoBroker
        let gateway: TestGateway

        init(in folder: TestFolder) async throws {
            fields = [
                try await SimulatedField(), try await SimulatedField(units: 9, faults: ["mute:9"]),
            ]
            broker = try await MosquittoBroker(in: folder)
            try TestGateway.write(
                to: folder, broker: broker.port,
                buses: ["plc": fields[0].port, "drive": fields[1].port],
                responseTimeout: "300ms", devices: StatusTests.devices)
            gateway = try await TestGateway(in: folder)
            _ = try await gateway.status { status in
                status.uplinks[0].acknowledged > 1
                    && status.devices.allSatisfy { $0.good + $0.bad > 0 }
            }
        }
    }

    @Test func saysWhatIsWrongFirst() async throws {
        let scene = try await Scene(in: TestFolder())
        let outcome = try await scene.gateway.status()
        #expect(outcome.code == 0)
        #expect(outcome.errors == "")
        let lines = outcome.output.split(separator: "\n", omittingEmptySubsequences: false)
        let port = scene.fields[1].port
        let complaint = try #require(lines.first)
        #expect(complaint.hasPrefix("! bus drive: its only device mute does not answer for "))
        #expect(
            complaint.contains(
                " s: drive: unit 9 at 127.0.0.1:\(port) did not answer within "))
        #expect(complaint.hasSuffix("ms"))
        #expect(lines[1].hasPrefix("  -> look at the device's power"))
        let text = "\n" + lines.drop { !$0.isEmpty }.joined(separator: "\n")
        #expect(text.contains(/\ngateway  cabinet-0042, armadio [0-9.]+, up [0-9.]+ s\n/))
        #expect(
            text.contains(
                "\nuplink   mqtt://127.0.0.1:\(scene.broker.port) up (MQTT 5) for "))
        #expect(text.contains(/messages acknowledged, [0-9]+ on their way, 0 refused\n/))
        #expect(text.contains(/\njournal  [0-9]+ readings taken, [0-9]+ in memory, [0-9]+ on disk/))
        #expect(
            text.contains(/\nDEVICE   STATE +GOOD +BAD +REQUESTS +FAILED +MISSED +P50 MS +P95 MS\n/)
        )
        #expect(
            text.contains(/\nmeter-1  ok +[1-9][0-9]* +0 +[0-9]+ +0 +[0-9]+ +[0-9.]+ +[0-9.]+\n/))
        #expect(
            text.contains(
                /\nmute     failing +0 +[1-9][0-9]* +[0-9]+ +[1-9][0-9]* +[0-9]+ +- +-\n/))
        #expect(
            text.contains(
                /\nBUS    LOAD % +TIMEOUTS +REFUSED +CRC +WRONG +REQ\/CYCLE +READ\/WANTED\n/))
        #expect(text.contains(/\nplc +[0-9.]+ +0 +0 +0 +0 +1 +1\/1\n/))
        #expect(text.contains(/\ndrive +[0-9.]+ +[1-9][0-9]* +0 +0 +0 +1 +1\/1\n/))
        #expect(text.split(separator: "\n").allSatisfy { $0.count <= 120 })
        try await scene.gateway.stop()
    }

    @Test func printsJSON() async throws {
        let scene = try await Scene(in: TestFolder())
        let outcome = try await scene.gateway.status("--json")
        #expect(outcome.code == 0)
        let status = try decode(Status.self, from: outcome.output)
        #expect(status.gateway == "cabinet-0042")
        #expect(status.version == "0.1.0")
        #expect(status.configurationFailure == nil)
        #expect(status.uplinks[0].isUp)
        #expect(status.uplinks[0].broker == "mqtt://127.0.0.1:\(scene.broker.port)")
        #expect(status.uplinks[0].protocolVersion == "5")
        #expect(status.uplinks[0].sent >= status.uplinks[0].acknowledged)
        #expect(status.journal.readings > 0)
        #expect(status.devices.map(\.name) == ["meter-1", "mute"])
        #expect(status.devices.map(\.isAnswering) == [true, false])
        #expect(status.findings.contains { $0.severity == "problem" && $0.subject == "bus drive" })
        #expect(status.devices[0].good > 0 && status.devices[0].bad == 0)
        #expect(status.devices[1].good == 0 && status.devices[1].bad > 0)
        try await scene.gateway.stop()
    }

    /// With the broker away the journal holds what is taken, and the age of the oldest says since
    /// when; with the broker back it is empty again.
    @Test func showsTheJournalFillAndDrain() async throws {
        let folder = try TestFolder()
        let scene = try await Scene(in: folder)
        try await scene.broker.end()
        let full = try await scene.gateway.status { $0.journal.onDisk > 0 }
        #expect(!full.uplinks[0].isUp)
        #expect(full.uplinks[0].nextTrySeconds != nil)
        #expect(full.journal.oldestSeconds != nil)
        let text = try await scene.gateway.status().output
        #expect(text.contains(/! uplink: down for [0-9.]+ s: 127.0.0.1:[0-9]+/))
        let broker = try await MosquittoBroker(in: folder, port: scene.broker.port)
        _ = try await scene.gateway.status {
            $0.uplinks[0].isUp && $0.journal.onDisk == 0 && $0.journal.inMemory == 0
                && $0.journal.oldestSeconds == nil
        }
        try await scene.gateway.stop()
        try await broker.end()
    }

    @Test func saysThatNoGatewayRuns() async throws {
        let folder = try TestFolder()
        try TestGateway.write(to: folder, broker: 1)
        let outcome = try await armadio("status", "-c", folder.path("cabinet.yaml"))
        #expect(outcome.code == 3)
        #expect(outcome.output == "")
        #expect(
            outcome.errors == "armadio: no gateway answers on \(folder.path)/control.sock (No such "
                + "file or directory); start it with `armadio run`\n")
        let other = try await armadio("status", "--socket", folder.path("other.sock"), "--json")
        #expect(other.code == 3)
        #expect(other.output == "")
        #expect(other.errors.hasPrefix("armadio: no gateway answers on \(folder.path)/other.sock"))
    }
}
