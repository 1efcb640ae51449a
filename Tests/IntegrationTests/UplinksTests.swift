import Glibc
import TestSupport
import Testing

/// Several platforms, each with a broker, a cursor and a filter of its own.
@Suite struct UplinksTests {
    private struct Scene {
        let folder: TestFolder
        let field: SimulatedField
        let city: MosquittoBroker
        let home: MosquittoBroker

        init(home keys: String = "", commitAfter: String = "500ms") async throws {
            folder = try TestFolder()
            field = try await SimulatedField()
            city = try await MosquittoBroker(in: folder)
            home = try await MosquittoBroker(in: folder)
            try folder.write(
                "cabinet.yaml",
                """
                gateway: cabinet-0042
                uplinks:
                  city: {broker: "mqtt://127.0.0.1:\(city.port)", batch: {age: 200ms}}
                  home: {broker: "mqtt://127.0.0.1:\(home.port)", batch: {age: 200ms}\(keys)}
                journal: {path: \(folder.path)/journal, commit-after: \(commitAfter)}
                control: {socket: \(folder.path)/control.sock}
                buses:
                  plc: {modbus-tcp: {host: 127.0.0.1, port: \(field.port)}}
                devices:
                  meter-1:
                    driver: register-map
                    bus: plc
                    unit-id: 1
                    interval: 100ms
                    points:
                      voltage: {input: 0, type: float32, unit: V}
                      current: {input: 6, type: float32, unit: A}

                """)
        }
    }

    /// The sequence numbers that a platform has got, up to and with `last`.
    private func covered(_ platform: TestSubscriber, through last: UInt64) async throws -> [UInt64]
    {
        let messages = try await platform.messages { ($0.sequence?.upperBound ?? 0) > last }
        return messages.compactMap(\.sequence).flatMap { Array($0) }.sorted()
    }

    @Test func eachPlatformGetsEverythingUnderTheSameIdentity() async throws {
        let scene = try await Scene()
        let city = try await TestSubscriber("armadio/+/telemetry", at: scene.city)
        let home = try await TestSubscriber("armadio/+/telemetry", at: scene.home)
        let gateway = try await TestGateway(in: scene.folder)
        #expect(try await covered(city, through: 60).prefix(60).elementsEqual(0..<60))
        #expect(try await covered(home, through: 60).prefix(60).elementsEqual(0..<60))
        let status = try await gateway.status { $0.uplinks.allSatisfy(\.isUp) }
        #expect(status.uplinks.map(\.name) == ["city", "home"])
        try await gateway.stop()
    }

    /// The one that is away gets its backlog when it is back, also behind a restart; the other
    /// has had everything at once and gets nothing twice.
    @Test func oneThatIsAwayCostsTheOtherNothing() async throws {
        let scene = try await Scene()
        let city = try await TestSubscriber("armadio/+/telemetry", at: scene.city)
        try await scene.home.end()
        let first = try await TestGateway(in: scene.folder)
        let live = try await covered(city, through: 80)
        #expect(live.prefix(80).elementsEqual(0..<80), "in order, and none of them twice")
        let away = try await first.status { $0.journal.onDisk > 20 }
        #expect(away.uplinks[0].isUp && !away.uplinks[1].isUp)
        try await first.stop()
        let epoch = try #require(away.journal.epoch.split(separator: "-").last)
        let back = try await MosquittoBroker(in: scene.folder, port: scene.home.port)
        let home = try await TestSubscriber("armadio/+/telemetry", at: back)
        let second = try await TestGateway(in: scene.folder)
        let backlog = try await home.messages {
            $0.properties["epoch"]?.hasSuffix("-" + epoch) == true
                && ($0.sequence?.upperBound ?? 0) >= away.journal.readings
        }
        let old = backlog.filter { $0.properties["epoch"]?.hasSuffix("-" + epoch) == true }
        let numbers = Set(old.compactMap(\.sequence).flatMap { Array($0) })
        #expect(numbers.isSuperset(of: 0..<away.journal.readings))
        // The city had all of that: what comes now is of the new epochs.
        let next = try await city.messages {
            $0.properties["epoch"]?.hasSuffix("-" + epoch) == false
        }
        let again = next.dropLast().compactMap(\.sequence).flatMap { Array($0) }
        #expect(Set(again).isDisjoint(with: live))
        try await second.stop()
    }

    @Test func aFilterLeavesPointsOutAndSaysSo() async throws {
        let scene = try await Scene(home: ", only: [\"*/voltage\"]", commitAfter: "1m")
        let home = try await TestSubscriber("armadio/+/telemetry", at: scene.home)
        let gateway = try await TestGateway(in: scene.folder)
        let messages = try await home.messages { ($0.sequence?.upperBound ?? 0) > 40 }
        for message in messages {
            #expect(try message.readings.allSatisfy { $0.name.hasSuffix("/meter-1/voltage") })
            let numbers = try #require(message.properties["numbers"])
            #expect(numbers.split(separator: ",").count == (try message.readings.count))
        }
        let spans = messages.compactMap(\.sequence)
        for (one, next) in zip(spans, spans.dropFirst()) {
            #expect(one.upperBound == next.lowerBound, "what is left out is covered too")
        }
        try await gateway.stop()
    }

    @Test(arguments: [
        ("uplinks: {}", "there are 0 uplinks"),
        (
            "uplink: {broker: \"mqtt://h\", commands: [meter-1/voltage]}",
            "`meter-1/voltage` names no writable point"
        ),
        (
            "uplink: {broker: \"mqtt://h\", session: sparkplag}",
            "there is no session `sparkplag`; did you mean `sparkplug`?"
        ),
        (
            "uplink: {broker: \"mqtt://h\", session: homeassistant, acknowledge: platform}",
            "this session has no word for what is committed"
        ),
        (
            "uplink: {broker: \"mqtt://h\", session: fiware}",
            "`fiware` needs the service group's API key; write {fiware: {api-key: KEY}}"
        ),
        (
            "uplink: {broker: \"mqtt://h\", session: {sparkplug: {group: a/b}}}",
            "`a/b` cannot be a level of a topic"
        ),
    ])
    func saysWhatIsWrong(uplink: String, message: String) async throws {
        let folder = try TestFolder()
        try folder.write("cabinet.yaml", "gateway: g\n" + uplink + "\n")
        let outcome = try await armadio("check", "-c", folder.path("cabinet.yaml"))
        #expect(outcome.code == 2)
        #expect((outcome.output + outcome.errors).contains(message))
    }
}
