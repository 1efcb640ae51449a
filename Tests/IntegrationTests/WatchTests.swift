import Glibc
import TestSupport
import Testing

/// `armadio watch` with a real gateway, on a terminal and without.
@Suite struct WatchTests {
    private static let devices = """
          meter-1:
            driver: register-map
            bus: plc
            unit-id: 1
            interval: 200ms
            points:
              voltage: {input: 0, type: float32, unit: V}
              energy: {input: 0x156, type: float32, unit: kWh}
          meter-2:
            {driver: register-map, bus: plc, unit-id: 9, interval: 500ms, points: {a: {holding: 7}}}
        """

    private let folder: TestFolder
    private let field: SimulatedField
    private let broker: MosquittoBroker
    private let gateway: TestGateway

    init() async throws {
        folder = try TestFolder()
        field = try await SimulatedField(profile: "meter")
        broker = try await MosquittoBroker(in: folder)
        try TestGateway.write(
            to: folder, broker: broker.port, buses: ["plc": field.port], devices: Self.devices)
        gateway = try await TestGateway(in: folder)
    }

    private func arguments(_ words: String...) -> [String] {
        ["watch", "-c", gateway.configuration, "--every", "200ms"] + words
    }

    private func startTerminal() throws -> TestTerminal {
        try TestTerminal(["env", "LC_ALL=C.UTF-8", try TestProcess.armadio] + arguments())
    }

    /// Whether a screen shows a live gateway, with the meter's voltage.
    @Sendable private static func isLive(_ screen: String) -> Bool {
        screen.contains("live")
            && screen.contains(/meter-1\/voltage +[0-9.]+ V +good +[01] s/)
    }

    // MARK: On a terminal

    @Test func itShowsTheGatewayAndObeysKeys() async throws {
        let terminal = try startTerminal()
        let first = try await terminal.screen {
            Self.isLive($0) && $0.contains("device meter-2") && $0.contains("messages/s")
        }
        #expect(first.hasPrefix("cabinet-0042, armadio "))
        #expect(first.contains(/plc +[█░]+ +[0-9]+ %/))
        #expect(first.contains("3 points"))
        try await terminal.resize(rows: 40, columns: 160)
        let large = try await terminal.screen { $0.contains("LAST 20 MIN") && Self.isLive($0) }
        #expect(large.split(separator: "\n", omittingEmptySubsequences: false).count == 40)
        for key in "/volt\r" { try await terminal.press(key) }
        try await terminal.screen {
            $0.contains("1 of 3 points  filter: volt  ") && !$0.contains("meter-1/energy")
        }
        try await terminal.press("p")
        try await terminal.screen { $0.contains("PAUSED") }
        try await terminal.press("\r")
        let plot = try await terminal.screen { $0.contains("largest") }
        #expect(plot.contains("-60 min") && plot.contains("┤"))
        try await leave(terminal, by: "q")
    }

    /// How a person may leave.
    enum Leaving: CaseIterable {
        case letter, escape, controlC, terminated
    }

    @Test(arguments: Leaving.allCases)
    func theTerminalIsLeftAsItWas(_ leaving: Leaving) async throws {
        let terminal = try startTerminal()
        try await terminal.screen(where: Self.isLive)
        switch leaving {
        case .letter: try await leave(terminal, by: "q")
        case .escape: try await leave(terminal, by: "\u{1B}")
        case .controlC: try await leave(terminal, by: "\u{3}")
        case .terminated: try await leave(terminal) { await terminal.signal(SIGTERM) }
        }
    }

    private func leave(_ terminal: TestTerminal, by key: Character) async throws {
        try await leave(terminal) { try await terminal.press(key) }
    }

    private func leave(
        _ terminal: TestTerminal, _ action: () async throws -> Void
    ) async throws {
        try await action()
        #expect(await terminal.end() == 0)
        let shown = await terminal.shown
        #expect(!shown.isAlternate && shown.hasCursor)
        #expect(shown.unknown == [])
        #expect(await terminal.isCooked)
    }

    @Test func controlZGivesTheTerminalToTheShellAndTakesItAgain() async throws {
        let terminal = try startTerminal()
        try await terminal.screen(where: Self.isLive)
        try await terminal.press("\u{1A}")
        try await terminal.waitUntilStopped()
        let stopped = await terminal.shown
        #expect(!stopped.isAlternate && stopped.hasCursor)
        #expect(await terminal.isCooked)
        await terminal.signal(SIGCONT)
        try await terminal.screen(where: Self.isLive)
        #expect(await terminal.shown.isAlternate)
        try await leave(terminal, by: "q")
    }

    @Test func aGatewayThatIsStartedAnewIsWaitedFor() async throws {
        let terminal = try startTerminal()
        try await terminal.screen(where: Self.isLive)
        try await gateway.stop()
        try await terminal.screen { $0.contains("NO CONNECTION, trying again: ") }
        let again = try await TestGateway(in: folder)
        try await terminal.screen(where: Self.isLive)
        try await leave(terminal, by: "q")
        try await again.stop()
    }

    // MARK: Without one

    @Test func withoutATerminalEachChangeIsALine() async throws {
        let process = try TestProcess(armadio: arguments("meter-1/"))
        try await process.start()
        for _ in 0..<3 {
            let line = try await process.line(containing: "voltage")
            #expect(
                line.wholeMatch(
                    of: /20[0-9-]+T[0-9:.]+Z meter-1\/voltage [0-9.]+ V good/) != nil, "\(line)")
        }
        let outcome = try await process.end(SIGINT)
        #expect(outcome.code == 0 && outcome.errors == "")
        #expect(!outcome.output.contains("meter-2"))
    }

    private struct Change: Decodable {
        var time: String
        var point: String
        var value: JSONValue?
        var unit: String
        var quality: String
    }

    @Test func jsonIsAnObjectALineAlsoAfterTheGatewayWasAway() async throws {
        let process = try TestProcess(armadio: arguments("--json"))
        try await process.start()
        // Which of the two is read first is nobody's promise.
        var changes: [String: Change] = [:]
        while changes.count < 2 {
            let change = try decode(Change.self, from: try await process.line(containing: "{"))
            if ["meter-1/voltage", "meter-2/a"].contains(change.point) {
                changes[change.point] = change
            }
        }
        let change = try #require(changes["meter-1/voltage"])
        #expect(change.unit == "V" && change.quality == "good" && change.time.hasSuffix("Z"))
        let value = try #require(change.value)
        if case .number = value {} else { Issue.record("no number but \(value)") }
        #expect(changes["meter-2/a"]?.quality != "good")
        try await gateway.stop()
        _ = try await process.line(containing: "trying again", on: .errors)
        let again = try await TestGateway(in: folder)
        _ = try await process.line(containing: "meter-1/voltage")
        let outcome = try await process.end(SIGTERM)
        #expect(outcome.code == 0)
        try await again.stop()
    }

    @Test func withoutAGatewayItSaysSo() async throws {
        let socket = folder.path("none.sock")
        let outcome = try await TestProcess(armadio: arguments("--socket", socket)).run()
        #expect(outcome.code == 3)
        #expect(outcome.errors.hasPrefix("armadio: no gateway answers on \(socket)"))
        let often = try await armadio("watch", "--every", "1ms")
        #expect(often.code == 64 && often.errors.contains("--every is between 200ms and 60s"))
    }

    // MARK: History

    private func history(_ words: String...) async throws -> TestProcess.Outcome {
        try await TestProcess(armadio: ["history", "-c", gateway.configuration] + words).run()
    }

    private struct Report: Decodable {
        struct Bucket: Decodable {
            var good: Int
            var last: Double?
        }
        var point: String
        var buckets: [Bucket]
    }

    /// Until the meter has been read.
    private func waitForVoltage() async throws {
        let process = try TestProcess(armadio: arguments("voltage"))
        try await process.start()
        _ = try await process.line(containing: " good")
        try await process.end(SIGTERM)
    }

    /// Reads a PNG file as its standard says, and prints its size and how many colours it has.
    private static let reader = """
        import struct, sys, zlib
        data = open(sys.argv[1], "rb").read()
        assert data[:8] == bytes([137, 80, 78, 71, 13, 10, 26, 10])
        chunks, at = {}, 8
        while at < len(data):
            count, kind = struct.unpack(">I4s", data[at:at + 8])
            body = data[at + 8:at + 8 + count]
            crc, = struct.unpack(">I", data[at + 8 + count:at + 12 + count])
            assert crc == zlib.crc32(kind + body), kind
            chunks[kind], at = body, at + 12 + count
        assert kind == b"IEND" and at == len(data)
        width, height = struct.unpack(">II", chunks[b"IHDR"][:8])
        rows = zlib.decompress(chunks[b"IDAT"])
        assert len(rows) == height * (width * 3 + 1)
        colours = {rows[y * (width * 3 + 1) + 1 + 3 * x:][:3] for y in range(height) for x in range(width)}
        print(width, height, len(colours))
        """

    @Test func historyIsAPlotAPictureOrJSON() async throws {
        try await waitForVoltage()
        let plot = try await history("meter-1/voltage")
        #expect(plot.code == 0 && plot.errors == "")
        #expect(plot.output.hasPrefix("meter-1/voltage\ngateway: "))
        #expect(plot.output.contains(" V") && plot.output.contains("now"))
        #expect(plot.output.split(separator: "\n").allSatisfy { $0.count <= 78 })
        let json = try await history("meter-1/voltage", "--json", "--since", "10m")
        let report = try decode(Report.self, from: json.output)
        #expect(report.point == "meter-1/voltage" && report.buckets.count == 20)
        #expect(report.buckets.last?.last != nil || report.buckets.dropLast().last?.last != nil)
        let file = folder.path("voltage.png")
        #expect(try await history("meter-1/voltage", "--png", file).code == 0)
        let size = try await TestProcess(["python3", "-c", Self.reader, file]).run()
        #expect(size.output.contains(/^960 360 [45]\n$/), "\(size.errors)")
    }

    @Test func historySaysWhatItCannotDo() async throws {
        try await waitForVoltage()
        let unknown = try await history("meter-1/voltag")
        #expect(unknown.code == 1 && unknown.errors.contains("there is no point `meter-1/voltag`"))
        let place = try await history("meter-1/voltage", "--png", folder.path)
        #expect(place.code == 1 && place.errors.contains("is no file"))
        let nowhere = try await history("meter-1/voltage", "--png", folder.path("no/such.png"))
        #expect(nowhere.code == 1 && nowhere.errors.contains("No such file or directory"))
        #expect(try await history("meter-1/voltage", "--since", "0s").code == 64)
        #expect(try await history("a/b", "--socket", folder.path("none.sock")).code == 3)
    }
}
