import FoundationEssentials
import Glibc
import TestSupport
import Testing

/// The control socket of a running gateway, with clients as they should not be.
@Suite struct ControlSocketTests {
    private static let devices = """
          meter: {driver: register-map, bus: plc, unit-id: 1, interval: 100ms, points: {a: {holding: 7}}}
        """

    private let folder: TestFolder
    private let field: SimulatedField
    private let broker: MosquittoBroker
    private let gateway: TestGateway
    private var socket: String { folder.path("control.sock") }

    init() async throws {
        folder = try TestFolder()
        field = try await SimulatedField()
        broker = try await MosquittoBroker(in: folder)
        try TestGateway.write(
            to: folder, broker: broker.port, buses: ["plc": field.port], devices: Self.devices)
        gateway = try await TestGateway(in: folder)
    }

    /// Waits until more has been read and delivered than now.
    private func awaitProgress() async throws {
        let before = try await gateway.status { !$0.devices.isEmpty }
        _ = try await gateway.status {
            $0.devices[0].good > before.devices[0].good + 5
                && $0.uplinks[0].acknowledged > before.uplinks[0].acknowledged + 1
        }
    }

    private func client() throws -> ControlSocketClient { try ControlSocketClient(socket) }

    // MARK: Nonsense

    /// How many requests, from how many clients at once.
    private static let (requests, fuzzers) = (10_000, 4)
    /// What the gateway's memory may grow by meanwhile, in KiB: what all clients may have sent and
    /// nobody has looked at, and as much again for what is made of it, in a heap with holes.
    private static let growth = 8 * 1024

    /// Each line has its answer, or the connection its end; and the gateway goes on as before.
    @Test func nonsenseHarmsNothing() async throws {
        try await awaitProgress()
        let process = try await client().server
        try await fuzz(seed: 0, count: 200)
        let before = try residentKiB(process)
        try await withThrowingTaskGroup { group in
            for seed in 1...UInt64(Self.fuzzers) {
                group.addTask { try await fuzz(seed: seed, count: Self.requests / Self.fuzzers) }
            }
            try await group.waitForAll()
        }
        let after = try residentKiB(process)
        #expect(after - before <= Self.growth, "\(before) KiB before, \(after) KiB after")
        try await awaitProgress()
        #expect(try await client().server == process)
        #expect(try await gateway.stop().code == 0)
    }

    private func fuzz(seed: UInt64, count: Int) async throws {
        var fuzz = ControlFuzz(seed: seed)
        var sent = 0
        var client = try client()
        while sent < count {
            let shot = fuzz.next()
            await client.send(shot.bytes)
            sent += max(1, shot.lines)
            let goesOn = try await takeAnswers(to: shot, from: client)
            if !goesOn { client = try self.client() }
        }
    }

    /// Whether the client can be asked more.
    private func takeAnswers(
        to shot: ControlFuzz.Shot, from client: ControlSocketClient
    ) async throws -> Bool {
        for _ in 0..<shot.lines {
            guard let line = try await client.line() else {
                // One that is cut off has said why in the line before.
                Issue.record(
                    "no answer: \(String(decoding: shot.bytes.prefix(300), as: UTF8.self))")
                return false
            }
            let answer = try decode(Answer.self, from: line)
            #expect(answer.isOne, "\(line.prefix(300))")
            if answer.isStream || answer.isFarewell { return false }
        }
        guard shot.lines == 0 else { return true }
        // A request without an end has no answer, and its client no more to say.
        await client.finish()
        #expect(try await client.line() == nil)
        return false
    }

    private func residentKiB(_ process: pid_t) throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") })
        return try #require(line.split(separator: " ").dropFirst().first.flatMap { Int($0) })
    }

    /// What a test reads of an answer.
    private struct Answer: Decodable {
        private var names: Set<String>
        var error: String?

        private struct Name: CodingKey {
            var stringValue: String
            var intValue: Int? { nil }
            init(stringValue: String) { self.stringValue = stringValue }
            init?(intValue: Int) { nil }
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Name.self)
            names = Set(container.allKeys.map(\.stringValue))
            error = try container.decodeIfPresent(String.self, forKey: Name(stringValue: "error"))
        }

        var isOne: Bool { names.subtracting(["missed"]).count == 1 }
        /// Mutated requests for logs may ask for the ones to come.
        var isStream: Bool { names.contains("live") || names.contains("log") }
        /// Whether the gateway lets go after that.
        var isFarewell: Bool { error?.hasPrefix("a request has at most") ?? false }
    }

    // MARK: Many

    /// The most clients, by the page.
    private static let most = 64

    /// One never reads its stream, one says nothing; they are let go, and nobody waits for them.
    @Test func theMuteHoldNobody() async throws {
        let (deaf, silent) = (try client(), try client())
        await deaf.send(Array("{\"command\":\"live\",\"every\":0.2}\n".utf8))
        try await withThrowingTaskGroup { group in
            for _ in 0..<47 {
                group.addTask {
                    let client = try self.client()
                    for _ in 0..<20 {
                        let status = try await client.ask(#"{"command":"status"}"#)
                        #expect(status?.hasPrefix(#"{"status":{"#) ?? false)
                        let points = try await client.ask(#"{"command":"points"}"#)
                        #expect(
                            points?.contains(#""point":"meter/a""#) ?? false, "\(points ?? "")")
                    }
                }
            }
            group.addTask {
                let reader = try self.client()
                await reader.send(Array("{\"command\":\"live\",\"every\":0.2}\n".utf8))
                for _ in 0..<20 {
                    let look = try await reader.line()
                    #expect(look?.hasPrefix(#"{"live":{"#) ?? false)
                }
            }
            try await group.waitForAll()
        }
        try await awaitProgress()
        try await silent.awaitEnd()
        try await deaf.awaitEnd()
        try await awaitProgress()
        #expect(try await gateway.stop().code == 0)
    }

    @Test func oneTooManyIsToldSo() async throws {
        var clients: [ControlSocketClient] = []
        for _ in 0..<Self.most { clients.append(try client()) }
        let last = try client()
        let word = try await last.ask(#"{"command":"status"}"#)
        #expect(word?.contains("\(Self.most) clients are served already") ?? false, "\(word ?? "")")
        #expect(try await last.line() == nil)
        let points = try await armadio("points", "-c", gateway.configuration)
        #expect(points.code == 1)
        #expect(points.errors.hasPrefix("armadio: \(Self.most) clients are served already; "))
        for client in clients {
            let answer = try await client.ask(#"{"command":"points"}"#)
            #expect(answer?.hasPrefix(#"{"points":["#) ?? false)
        }
        clients.removeAll()
        try await awaitProgress()
        try await gateway.log("no more are let in")
        #expect(try await gateway.stop().code == 0)
    }

    /// As `echo '{"command":"status"}' | socat - UNIX:control.sock` does.
    @Test func whoSaysNoMoreIsStillAnswered() async throws {
        let client = try client()
        let request = #"{"command":"read","device":"meter","points":["a"]}"# + "\n"
        await client.send(Array((request + request + #"{"command":"#).utf8))
        await client.finish()
        for _ in 0..<2 {
            let answer = try await client.line()
            #expect(answer?.hasPrefix(#"{"read":{"#) ?? false, "\(answer ?? "")")
        }
        #expect(try await client.line() == nil)
        try await gateway.stop()
    }

    // MARK: The log

    private struct Line: Decodable {
        var text: String
        var fields: [String: String]?
    }

    @Test func aLineOfTheLogKeepsWhatBelongsToIt() async throws {
        try await awaitProgress()
        try await field.process.end(SIGTERM)
        try await gateway.log("device does not answer")
        let text = try await armadio("log", "-c", gateway.configuration)
        #expect(text.code == 0 && text.errors == "")
        #expect(text.output.contains(#/ error: device does not answer: .+ device=meter\n/#))
        let json = try await armadio("log", "-c", gateway.configuration, "--json")
        let lines = try json.output.split(separator: "\n").map {
            try decode(Line.self, from: String($0))
        }
        let silent = lines.first { $0.fields?["event"] == "device-silent" }?.fields
        #expect(silent?["device"] == "meter" && silent?["bus"] != nil && silent?["reason"] != nil)
        #expect(
            lines.contains {
                $0.text.hasPrefix("uplink is up: ")
                    && $0.fields == ["event": "link-up", "uplink": "uplink"]
            })
        let one = try await armadio("log", "-c", gateway.configuration, "-n", "1")
        #expect(one.output.split(separator: "\n").count == 1)
        for command in ["log", "points"] {
            let nobody = try await armadio(command, "--socket", folder.path("none.sock"))
            #expect(nobody.code == 3 && nobody.output == "")
        }
        try await gateway.stop()
    }

    @Test func theLogCanBeFollowed() async throws {
        try await awaitProgress()
        let log = try TestProcess(
            armadio: ["log", "-c", gateway.configuration, "--follow", "-n", "1000"])
        try await log.start()
        _ = try await log.line(containing: "uplink is up")
        try await field.process.end(SIGTERM)
        _ = try await log.line(containing: "device does not answer")
        try await gateway.stop()
        let end = try await log.end()
        #expect(end.code == 3 && end.errors == "armadio: the gateway closed the connection\n")
    }

    // MARK: Live

    /// After another configuration a stream goes on, with the points that there are then.
    @Test func aStreamOutlivesAnotherConfiguration() async throws {
        let client = try client()
        await client.send(Array("{\"command\":\"live\",\"every\":0.2}\n".utf8))
        let first = try #require(try await client.line())
        #expect(first.contains(#""point":"meter/a""#) && !first.contains("pump"))
        while !(try #require(try await client.line()).contains(#""index":0,"#)) {}
        let more = Self.devices + "\n" + Self.devices.replacing("meter", with: "pump")
        try TestGateway.write(
            to: folder, broker: broker.port, buses: ["plc": field.port], devices: more)
        await gateway.reload()
        while true {
            let look = try #require(try await client.line())
            guard look.contains(#""points":["#) else { continue }
            #expect(look.contains(#""point":"meter/a""#) && look.contains(#""point":"pump/a""#))
            break
        }
        try await gateway.stop()
    }

    // MARK: Who may

    /// A user and group of nobody's own.
    private static let nobody = 65_534

    private func status(group: Int) async throws -> TestProcess.Outcome {
        let user = ["setpriv", "--reuid", "\(Self.nobody)", "--regid", "\(group)"]
        return try await TestProcess(
            user + ["--clear-groups", try TestProcess.armadio, "status", "--socket", socket]
        ).run()
    }

    /// The socket's group may ask, others may not, and are told which group it takes.
    @Test func onlyTheGroupMayAsk() async throws {
        try await folder.run("chmod 755 .")
        let stranger = try await status(group: Self.nobody)
        #expect(stranger.code == 3 && stranger.output == "")
        #expect(
            stranger.errors
                == "armadio: \(socket): permission denied; are you in the group `armadio`?\n")
        var file = stat()
        #expect(stat(socket, &file) == 0)
        let member = try await status(group: Int(file.st_gid))
        #expect(member.code == 0, "\(member.errors)")
        try await gateway.stop()
    }
}
