import Glibc
import TestSupport
import Testing

/// `armadio history` beyond what a gateway remembers.
@Suite struct HistoryTests {
    private static let devices = """
          meter-1:
            {driver: register-map, bus: plc, unit-id: 1, interval: 100ms,
             points: {level: {holding: 230, unit: V}, door: {discrete: 3, urgent: true}}}
        """

    private struct Report: Decodable {
        struct Bucket: Decodable {
            var good: Int
            var last: Double?
        }
        struct Source: Decodable {
            var name: String
            var readings: Int
            var oldestSecondsAgo: Double?
        }
        var point: String
        var unit: String
        var bucketSeconds: Double
        var buckets: [Bucket]
        var sources: [Source]
    }

    private let folder: TestFolder
    private let field: SimulatedField
    private let gateway: TestGateway

    /// A gateway whose broker is not there: its journal has what was read.
    init() async throws {
        folder = try TestFolder()
        field = try await SimulatedField()
        try TestGateway.write(
            to: folder, broker: 1, buses: ["plc": field.port], devices: Self.devices)
        gateway = try await TestGateway(in: folder)
        _ = try await gateway.status { $0.journal.onDisk > 20 }
    }

    private func history(_ words: String...) async throws -> TestProcess.Outcome {
        try await TestProcess(armadio: ["history", "-c", gateway.configuration] + words).run()
    }

    private func report(_ words: String...) async throws -> Report {
        let outcome = try await TestProcess(
            armadio: ["history", "-c", gateway.configuration, "--json"] + words
        ).run()
        #expect(outcome.code == 0, "\(outcome.errors)")
        return try decode(Report.self, from: outcome.output)
    }

    /// The same readings are in the gateway's memory and in the journal: they count once.
    @Test func aRunningGatewayAndItsJournalAreOneHistory() async throws {
        let day = try await report("meter-1/level", "--since", "1d")
        #expect(day.sources.map(\.name) == ["gateway", "journal"])
        #expect(day.sources.allSatisfy { $0.readings > 0 })
        #expect(day.bucketSeconds == 360)
        #expect(day.buckets.count == 240)
        #expect(day.unit == "V")
        let good = day.buckets.reduce(0) { $0 + $1.good }
        #expect(good < day.sources[0].readings + day.sources[1].readings)
        #expect(good >= day.sources.map(\.readings).max() ?? .max)
        #expect(day.buckets.compactMap(\.last).allSatisfy { $0 == 230 })
        let text = try await history("meter-1/level", "--since", "1d")
        #expect(text.code == 0 && text.errors == "")
        #expect(
            text.output.contains(
                #/^meter-1/level\ngateway: \d+ readings, [0-9a-z. ]+ ago to now\njournal: \d+ readings, /#
            ), "\(text.output)")
        #expect(text.output.split(separator: "\n").allSatisfy { $0.count <= 78 })
        #expect(text.output.contains("-6 h"))
        try await gateway.stop()
    }

    @Test func theJournalIsReadWhereNoGatewayRuns() async throws {
        try await gateway.stop()
        for point in ["meter-1/level", "meter-1/door"] {
            let report = try await report(point)
            #expect(report.sources.map(\.name) == ["journal"])
            #expect(report.sources[0].readings > 0, "\(point)")
            #expect(report.buckets.count == 120)
        }
        let plot = try await history("meter-1/level")
        #expect(plot.code == 0)
        #expect(plot.errors.hasPrefix("armadio: no gateway answers on "))
        #expect(plot.output.hasPrefix("meter-1/level\njournal: "))
        let none = try await history("meter-1/none")
        #expect(none.code == 3 && none.output == "")
    }

    /// The folder of a dead cabinet's card, where there is no configuration either.
    @Test func anotherCabinetsJournalIsReadByItsFolder() async throws {
        try await gateway.stop()
        try await folder.run("mkdir card; mv journal cabinet.yaml card/")
        let card = folder.path("card/journal")
        let plot = try await armadio("history", "meter-1/level", "--journal", card)
        #expect(plot.code == 0 && plot.errors == "", "\(plot.errors)")
        #expect(plot.output.hasPrefix("meter-1/level\njournal: "), "\(plot.output)")
        #expect(plot.output.contains(" V") && plot.output.contains("now"), "\(plot.output)")
        let picture = folder.path("level.png")
        let drawn = try await armadio(
            "history", "meter-1/level", "--journal", card, "--png", picture)
        #expect(drawn.code == 0)
        try await folder.run("head -c 4 level.png | grep -q PNG")
        let none = try await armadio("history", "meter-1/none", "--journal", card)
        #expect(none.code == 1)
        #expect(
            none.errors == "armadio: \(card) has no reading of meter-1/none in the last 1 h\n")
        let nowhere = try await armadio("history", "a/b", "--journal", folder.path("nowhere"))
        #expect(nowhere.code == 1 && nowhere.errors.contains("No such file or directory"))
    }

    /// Reading changes nothing, not even a time.
    @Test func theJournalStaysAsItIs() async throws {
        try await gateway.stop()
        let script = "cd \(folder.path)/journal && stat -c '%n %s %y' * && sha256sum *"
        let before = try await TestProcess(["sh", "-c", script]).run().output
        #expect(before.contains("segment"))
        #expect(try await history("meter-1/level", "--since", "2d").code == 0)
        #expect(try await TestProcess(["sh", "-c", script]).run().output == before)
    }
}
