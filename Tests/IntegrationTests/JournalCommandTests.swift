import FoundationEssentials
import Glibc
import TestSupport
import Testing

/// `armadio journal` on what a real gateway has left behind.
@Suite struct JournalCommandTests {
    private static let meter = """
          meter-1:
            driver: register-map
            bus: plc
            unit-id: 1
            interval: 100ms
            points:
              voltage: {holding: 230, type: uint16, unit: V}
              door: {discrete: 3, urgent: true}
        """

    /// Leaves behind the journal of a cabinet whose broker was away, with at least this many
    /// readings on disk.
    private func outage(_ folder: TestFolder, readings: Int = 10) async throws {
        let server = try await startServer("pymodbus-server")
        let gateway = try await offline(folder, server.port, readings: readings)
        _ = try await gateway.stop()
        withExtendedLifetime(server) {}
    }

    /// A gateway without a broker that has so many readings on disk.
    private func offline(
        _ folder: TestFolder, _ field: UInt16, readings: Int = 10
    ) async throws -> TestGateway {
        try TestGateway.write(to: folder, broker: 1, buses: ["plc": field], devices: Self.meter)
        let gateway = try await TestGateway(in: folder)
        _ = try await gateway.status { $0.journal.onDisk >= readings }
        return gateway
    }

    private func journal(_ folder: TestFolder, _ words: String...) async throws
        -> TestProcess.Outcome
    {
        let directory = ["--directory", folder.path("journal")]
        return try await TestProcess(
            armadio: ["journal", words[0]] + directory + words.dropFirst()
        ).run()
    }

    /// The bytes and times of all files of a journal.
    private func fingerprint(_ folder: TestFolder) async throws -> String {
        let script =
            "cd \(folder.path)/journal && stat -c '%n %s %y' * && sha256sum *.segment state clock"
        return try await TestProcess(["sh", "-c", script]).run().output
    }

    private struct Line: Decodable {
        var queue: String
        var epoch: String
        var sequence: UInt64
        var time: String
        var point: String
        var quality: String
    }

    @Test func readsEverythingAndChangesNothing() async throws {
        let folder = try TestFolder()
        try await outage(folder)
        let before = try await fingerprint(folder)
        let stat = try await journal(folder, "stat", "--json")
        #expect(stat.code == 0)
        struct Summary: Decodable {
            struct Queue: Decodable {
                var name: String
                var readings: UInt64
                var unsent: UInt64
            }
            var queues: [Queue]
        }
        let summary = try decode(Summary.self, from: stat.output)
        #expect(summary.queues.map(\.name) == ["urgent", "normal"])
        #expect(summary.queues[0].readings == 1, "the door did not change")
        #expect(summary.queues.allSatisfy { $0.readings == $0.unsent && $0.readings > 0 })
        let verify = try await journal(folder, "verify")
        #expect(verify.code == 0 && verify.output.contains("0 places are damaged"))
        let dump = try await journal(folder, "dump", "--json", "--unsent")
        let lines = try dump.output.split(separator: "\n").map {
            try decode(Line.self, from: String($0))
        }
        #expect(UInt64(lines.count) == summary.queues.reduce(0) { $0 + $1.readings })
        let normal = lines.filter { $0.queue == "normal" }
        #expect(normal.map(\.sequence) == Array(0..<UInt64(normal.count)))
        #expect(lines.allSatisfy { $0.quality == "good" && $0.time.hasSuffix("Z") })
        #expect(try await journal(folder, "export", "--gateway", "g").code == 0)
        #expect(try await journal(folder, "rewind", "--to", "all").code == 0)
        #expect(try await fingerprint(folder) == before)
    }

    @Test func csvIsReadByOthers() async throws {
        let folder = try TestFolder()
        try await outage(folder)
        let dump = try await journal(folder, "dump", "--csv", "--point", "meter-1/voltage")
        let file = try folder.write("dump.csv", dump.output)
        let script = """
            import csv, sys
            rows = list(csv.DictReader(open(sys.argv[1], newline="")))
            assert rows and all(row["point"] == "meter-1/voltage" and row["value"] == "230" for row in rows), rows
            print(len(rows))
            """
        let reader = try await TestProcess(["/usr/bin/python3", "-c", script, file]).run()
        #expect(reader.code == 0, "\(reader.errors)")
        #expect((Int(reader.output.trimmingPrefix(" ").prefix { $0.isNumber }) ?? 0) >= 4)
    }

    @Test func whatIsExportedIsWhatThePlatformWouldGet() async throws {
        let folder = try TestFolder()
        try await outage(folder)
        let export = try await journal(folder, "export", "--gateway", "cabinet-0042")
        let file = try folder.write("export", export.output)
        let script = """
            import sys
            sys.path.insert(0, sys.argv[1])
            from ledger import Ledger
            ledger = Ledger()
            for line in open(sys.argv[2], "rb"):
                ledger.take("armadio/cabinet-0042/telemetry", line, [], 0)
            report = ledger.report()
            assert report["malformed"] == report["contradictions"] == report["missing_in_holes"] == 0, report
            assert len(report["epochs"]) == 2 and report["readings"] >= 10, report
            """
        let acceptance = TestProcess.packageFolder + "/Tests/Acceptance"
        let reader = try await TestProcess(["/usr/bin/python3", "-c", script, acceptance, file])
            .run()
        #expect(reader.code == 0, "\(reader.errors)")
    }

    @Test func damageIsFoundAndNamed() async throws {
        let folder = try TestFolder()
        try await outage(folder, readings: 20)
        let segment = folder.path("journal/normal-000000.segment")
        let stream = try #require(fopen(segment, "r+"))
        fseek(stream, 4096 + 140, SEEK_SET)
        fputs("damage", stream)
        fclose(stream)
        let verify = try await journal(folder, "verify")
        #expect(verify.code == 1)
        #expect(
            verify.output.contains(
                "normal-000000.segment: bytes 4096 to 8191: a damaged frame; lost are"))
        let dump = try await journal(folder, "dump")
        #expect(dump.code == 0 && dump.errors.contains("damaged from byte 4096"))
        let normal = dump.output.split(separator: "\n").filter { $0.hasPrefix("normal ") }
        #expect(!normal.isEmpty && !normal.contains { $0.contains("-2 0 ") })
    }

    @Test func aRewindSendsAgainWhileTheGatewayRuns() async throws {
        let folder = try TestFolder()
        let server = try await startServer("pymodbus-server")
        let gateway = try await offline(folder, server.port)
        let broker = try await MosquittoBroker(in: folder)
        let platform = try await TestSubscriber(at: broker)
        try TestGateway.write(
            to: folder, broker: broker.port, buses: ["plc": server.port], devices: Self.meter)
        await gateway.reload()
        _ = try await gateway.status { $0.uplinks[0].isUp && $0.journal.onDisk == 0 }
        _ = try await platform.messages { $0.properties["first"] == "0" }
        let command = try TestProcess(armadio: [
            "journal", "rewind", "-c", gateway.configuration, "--to", "all", "--write",
        ])
        let outcome = try await command.run()
        #expect(
            outcome.code == 0 && outcome.output.contains("the gateway sends them"), "\(outcome)")
        // Each queue's first reading comes a second time, under its old identity.
        var urgentSeen = false
        for wanted in ["urgent", "normal"] where !urgentSeen || wanted == "normal" {
            let messages = try await platform.messages { $0.properties["first"] == "0" }
            urgentSeen = urgentSeen || messages.last?.payload.contains("door") == true
        }
        _ = try await gateway.stop()
    }

    @Test func mistakesAreTold() async throws {
        let folder = try TestFolder()
        let missing = try await journal(folder, "stat")
        #expect(missing.code == 1 && missing.errors.contains("No such file or directory"))
        let empty = try await TestProcess(armadio: ["journal", "verify", "-d", folder.path]).run()
        #expect(empty.code == 1 && empty.errors.contains("holds no journal"))
        let time = try await journal(folder, "rewind", "--to", "yesterday")
        #expect(time.code == 64 && time.errors.contains("`yesterday` is no time"))
    }
}
