import FoundationEssentials
import Glibc
import TestSupport
import Testing

/// A platform sends a configuration to a running gateway.
@Suite struct RemoteConfigurationTests {
    /// What a platform is told.
    private struct Result: Decodable {
        struct Problem: Decodable {
            var line: Int
            var column: Int
            var what: String
        }

        var id: String
        var state: String
        var reason: String?
        var problems: [Problem]?
    }

    /// A cabinet, its broker, and the platform that hears everything.
    private struct Scene {
        static let topic = "armadio/\(TestGateway.name)/configuration"

        let folder: TestFolder
        let broker: MosquittoBroker
        let platform: TestSubscriber
        var gateway: TestGateway
        let text: String

        init(_ rights: String = "true") async throws {
            folder = try TestFolder()
            broker = try await MosquittoBroker(in: folder)
            platform = try await TestSubscriber("#", at: broker)
            try TestGateway.write(
                to: folder, broker: broker.port, uplink: ", configuration: \(rights)",
                buses: ["plc": 1], devices: "  m1: \(Self.device)")
            gateway = try await TestGateway(in: folder)
            text = try String(contentsOfFile: gateway.configuration, encoding: .utf8)
            _ = try await gateway.status { $0.uplinks[0].isUp }
        }

        static let device =
            "{driver: register-map, bus: plc, unit-id: 1, interval: 1h, points: {a: {holding: 7}}}"

        /// The configuration with another device.
        var other: String { text + "  m2: \(Self.device)\n" }

        var file: String {
            get throws { try String(contentsOfFile: gateway.configuration, encoding: .utf8) }
        }

        func publish(
            _ payload: String, to topic: String = topic, _ options: [String] = []
        ) async throws {
            let path = try folder.write("payload", payload)
            let outcome = try await TestProcess(
                [
                    "mosquitto_pub", "-h", "127.0.0.1", "-p", "\(broker.port)", "-V", "5", "-q",
                    "1", "-t", topic, "-f", path,
                ] + options
            ).run()
            try #require(outcome.code == 0, "\(outcome.errors)")
        }

        func send(_ text: String, id: String, within: String, _ options: [String] = [])
            async throws
        {
            try await publish(
                text, to: Self.topic,
                ["-D", "publish", "user-property", "id", id] + [
                    "-D", "publish", "user-property", "confirm-within", within,
                ] + options)
        }

        /// The next result on a topic.
        func result(on topic: String = topic + "/result") async throws -> Result {
            let messages = try await platform.messages { $0.topic == topic }
            return try decode(Result.self, from: messages[messages.count - 1].payload)
        }

        /// The states that the gateway's readings tell of, up to this one.
        func records(until state: String) async throws -> [String] {
            var states: [String] = []
            _ = try await platform.messages { message in
                guard message.topic.hasSuffix("/telemetry") else { return false }
                for (name, record) in try message.readings
                where name == "\(TestGateway.name)/gateway/configuration" {
                    states.append(try decode(Result.self, from: record.vs ?? "").state)
                }
                return states.last == state
            }
            return states
        }
    }

    @Test func appliedAndConfirmedStays() async throws {
        let scene = try await Scene()
        try await scene.send(
            scene.other, id: "a", within: "10m",
            ["-D", "publish", "response-topic", "answers/1"])
        #expect(try await scene.result(on: "answers/1").state == "applied")
        var status = try await scene.gateway.status { $0.devices.count == 2 }
        #expect(status.uplinks[0].isUp)
        #expect(
            try await scene.gateway.status().output.contains(
                "* configuration: `a` of uplink is being tried: taken back in"))
        try await scene.publish("a", to: Scene.topic + "/confirm")
        #expect(try await scene.result().state == "confirmed")
        #expect(try scene.file == scene.other)
        let kept = try await scene.broker.retained(Scene.topic + "/result")
        #expect(try decode(Result.self, from: kept).state == "confirmed")
        // A message that comes again changes nothing.
        try await scene.send(scene.other, id: "a", within: "10m")
        #expect(try await scene.result().state == "unchanged")
        // Nor does a restart.
        try await scene.gateway.stop()
        let next = try await TestGateway(in: scene.folder)
        status = try await next.status { $0.devices.count == 2 }
        try await next.stop()
    }

    /// A change of the uplink itself: answer and confirmation go over the new link.
    @Test func changedUplinkIsConfirmedOverTheNewLink() async throws {
        let scene = try await Scene()
        let changed = scene.text.replacing("batch: {age: 200ms}", with: "batch: {age: 100ms}")
        try #require(changed != scene.text)
        try await scene.send(
            changed, id: "a", within: "10m", ["-D", "publish", "response-topic", "answers/1"])
        #expect(try await scene.result(on: "answers/1").state == "applied")
        try await scene.publish("{\"id\": \"a\"}", to: Scene.topic + "/confirm")
        #expect(try await scene.result(on: "answers/1").state == "confirmed")
        #expect(try scene.file == changed)
        #expect(try await scene.gateway.status { $0.uplinks[0].isUp }.uplinks[0].sent > 0)
        try await scene.gateway.stop()
    }

    @Test func notConfirmedComesBack() async throws {
        let scene = try await Scene()
        try await scene.send(scene.other, id: "a", within: "5s")
        #expect(try await scene.result().state == "applied")
        let back = try await scene.result()
        #expect(back.state == "taken back")
        #expect(back.reason == "not confirmed within 5s")
        #expect(try scene.file == scene.text)
        _ = try await scene.gateway.status { $0.devices.count == 1 }
        try await scene.send(scene.other, id: "a", within: "5s", ["-r"])
        #expect(try await scene.result().state == "refused")
        #expect(try scene.file == scene.text)
        try await scene.gateway.stop()
    }

    /// The readings tell who wanted what, and what became of it.
    @Test func everyChangeIsAReading() async throws {
        let scene = try await Scene()
        try await scene.send("gateway: [", id: "x", within: "5s")
        try await scene.send(scene.other, id: "a", within: "5s")
        #expect(
            try await scene.records(until: "taken back") == ["refused", "applied", "taken back"])
        try await scene.gateway.stop()
    }

    /// Another broker, at which nobody listens: by itself the cabinet comes back to the one that
    /// it had, and says there why. Not after the shortest time: on a busy machine one look at the
    /// status takes seconds, and the trial has to be seen.
    @Test func cutUplinkComesBackByItself() async throws {
        let scene = try await Scene()
        let cut = scene.text.replacing(":\(scene.broker.port)\"", with: ":1\"")
        try #require(cut != scene.text)
        try await scene.send(cut, id: "cut", within: "20s")
        try await scene.gateway.log("configuration `cut` of uplink: applied")
        _ = try await scene.gateway.status { $0.uplinks[0].broker == "mqtt://127.0.0.1:1" }
        let back = try await scene.result()
        #expect(back.id == "cut")
        #expect(back.state == "taken back")
        #expect(back.reason?.hasPrefix("not confirmed within 20s; uplink is down: ") == true)
        #expect(back.reason?.contains("nothing listens there") == true, "\(back)")
        #expect(try scene.file == scene.text)
        let status = try await scene.gateway.status { $0.uplinks[0].isUp }
        #expect(status.uplinks[0].broker == "mqtt://127.0.0.1:\(scene.broker.port)")
        try await scene.gateway.stop()
    }

    @Test func brokenTextIsRefusedWithItsPlaces() async throws {
        let scene = try await Scene()
        let wrong = scene.other.replacing("bus: plc", with: "bus: pcl")
        try await scene.send(wrong, id: "a", within: "1m")
        let refused = try await scene.result()
        #expect(refused.state == "refused")
        let problems = try #require(refused.problems)
        #expect(problems.map(\.what) == ["there is no bus `pcl`", "there is no bus `pcl`"])
        let line = try #require(
            wrong.split(separator: "\n", omittingEmptySubsequences: false)
                .firstIndex { $0.contains("m2:") })
        #expect(problems[1].line == line + 1)
        #expect(problems[1].column == 35)
        try await scene.publish("{\"configuration\": \"a: [\", \"id\": \"b\"}")
        #expect(try await scene.result().problems?.first?.line == 1)
        try await scene.publish("\u{0}")
        #expect(try await scene.result().reason == "the payload is no text in UTF-8")
        #expect(try scene.file == scene.text)
        try await scene.gateway.stop()
    }

    /// A program that runs on the cabinet is not brought from afar, unless the cabinet allows it.
    @Test func programsNeedTheCabinetsLeave() async throws {
        let exec = "  p: {driver: exec, command: [/bin/cat], points: {t: {}}}\n"
        let strict = try await Scene()
        try await strict.send(strict.text + exec, id: "a", within: "1m")
        let refused = try await strict.result()
        #expect(refused.state == "refused")
        #expect(
            refused.problems?.first?.what
                == "a platform may not change a program that runs on the cabinet")
        try await strict.gateway.stop()
        let open = try await Scene("{allow: [exec, files]}")
        try await open.send(open.text + exec, id: "a", within: "1m")
        #expect(try await open.result().state == "applied")
        try await open.gateway.stop()
    }

    /// Killed while it waits for the confirmation: the next start has the old one, and says so.
    @Test func killedWhileTriedComesBack() async throws {
        let scene = try await Scene()
        try await scene.send(scene.other, id: "a", within: "10m")
        #expect(try await scene.result().state == "applied")
        #expect(try scene.file == scene.other)
        try await scene.gateway.process.end(SIGKILL)
        let next = try await TestGateway(in: scene.folder)
        #expect(try scene.file == scene.text)
        let back = try await scene.result()
        #expect(back.state == "taken back")
        #expect(back.reason == "the gateway ended before it was confirmed")
        _ = try await next.status { $0.devices.count == 1 }
        try await next.stop()
    }

    /// Killed at random moments from the message on: the next start has the old configuration.
    @Test func killedAtAnyMomentComesBack() async throws {
        var scene = try await Scene()
        for round in 0..<8 {
            try await scene.send(scene.other, id: "\(round)", within: "10m")
            try await Task.sleep(for: .microseconds(.random(in: 0..<150_000)))
            try await scene.gateway.process.end(SIGKILL)
            let found = try scene.file
            #expect(found == scene.text || found == scene.other)
            scene.gateway = try await TestGateway(in: scene.folder)
            #expect(try scene.file == scene.text)
            let status = try await scene.gateway.status { $0.uplinks[0].isUp }
            #expect(status.devices.map(\.name) == ["m1"])
        }
        try await scene.gateway.stop()
    }

    /// Without the right the topic is not even heard.
    @Test func offUnlessTheFileSaysSo() async throws {
        let scene = try await Scene("false")
        try await scene.send(scene.other, id: "a", within: "5s")
        await scene.gateway.reload()
        try await scene.gateway.log("configuration reloaded")
        #expect(try scene.file == scene.text)
        #expect(try await scene.gateway.stop().errors.contains("`a`") == false)
    }
}
