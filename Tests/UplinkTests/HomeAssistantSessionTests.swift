import Telemetry
import TestSupport
import Testing

@testable import Uplink

/// What Home Assistant reads, and what it may say.
@Suite(.timeLimit(.minutes(2))) struct HomeAssistantSessionTests {
    private static let topic = "armadio/cabinet-17/homeassistant"

    private static func session(_ fixture: SessionFixture) -> HomeAssistantSession {
        HomeAssistantSession(gateway: "cabinet-17", points: fixture.points, version: "1.2.3")
    }

    /// A cabinet with a point of every kind, and its session behind the births.
    private static func cabinet() throws -> (
        SessionFixture, HomeAssistantSession, [OutboundMessage]
    ) {
        var fixture = SessionFixture()
        try fixture.add(.double(21.5), "room/temp", "Cel")
        try fixture.add(.bool(true), "room/door", "")
        try fixture.add(.bool(false), "room/lamp", "")
        try fixture.add(.int64(3), "room/level", "")
        try fixture.add(.string("on"), "room/label", "")
        try fixture.add(nil, "meter/energy", "kWh", quality: .timeout)
        let presence = fixture.presence(commandable: ["room/lamp", "room/level"], latest: true)
        fixture.batch = ReadingBatch()
        var session = session(fixture)
        let births = session.births(presence)
        return (fixture, session, births)
    }

    @Test func birthsTellGatewayDevicesAndStates() throws {
        let (_, session, births) = try Self.cabinet()
        #expect(
            births.map(\.topic) == [
                "homeassistant/device/armadio_cabinet-17/config", Self.topic,
                "homeassistant/device/armadio_cabinet-17_room/config", Self.topic + "/room",
                "homeassistant/device/armadio_cabinet-17_meter/config", Self.topic + "/meter",
            ])
        #expect(births.allSatisfy { $0.retain && $0.qos == .atLeastOnce })
        #expect(births[1].text == "online" && session.will(connect: 1)?.text == "offline")
        #expect(session.will(connect: 1)?.topic == Self.topic)
        #expect(
            births[3].text == #"{"temp":21.5,"door":true,"lamp":false,"level":3,"label":"on"}"#)
        #expect(births[5].text == #"{"energy":null}"#)
    }

    @Test func pointsAreComponentsOfTheirKindAndUnit() throws {
        let births = try Self.cabinet().2
        let room = try births[2].json()
        let platforms = ["temp", "door", "lamp", "level", "label"].map {
            room["components", $0, "platform"]?.text
        }
        #expect(platforms == ["sensor", "binary_sensor", "switch", "number", "sensor"])
        #expect(room["device", "identifiers"]?.text == "armadio_cabinet-17_room")
        #expect(room["device", "via_device"]?.text == "armadio_cabinet-17")
        #expect(room["origin", "name"]?.text == "armadio")
        #expect(room["state_topic"]?.text == Self.topic + "/room")
        let temp = try #require(room["components", "temp"])
        #expect(temp["unit_of_measurement"]?.text == "°C")
        #expect(temp["device_class"]?.text == "temperature")
        #expect(temp["state_class"]?.text == "measurement")
        #expect(temp["value_template"]?.text == "{{ value_json.get('temp') }}")
        #expect(temp["command_topic"] == nil)
        let lamp = room["components", "lamp"]
        #expect(lamp?["command_topic"]?.text == Self.topic + "/room/lamp/set")
        let energy = try births[4].json()["components", "energy"]
        #expect(energy?["state_class"]?.text == "total_increasing")
        guard case .array(let availability) = energy?["availability"] else {
            throw Unexpected(nil)
        }
        #expect(availability.map { $0["topic"]?.text } == [Self.topic, Self.topic + "/meter"])
    }

    @Test func onlyTheNewestValueIsTold() throws {
        var (fixture, session, _) = try Self.cabinet()
        try fixture.add(.double(22), "room/temp", "Cel", after: 1)
        try fixture.add(.double(23), "room/temp", "Cel", after: 2)
        let news = fixture.take()
        let encoded = try session.encoded(news, from: 0, in: fixture.context)
        #expect(encoded.items == 2 && encoded.messages.count == 1)
        #expect(encoded.messages[0].text.hasPrefix(#"{"temp":23,"door":true"#))
        let again = try session.encoded(news, from: 0, in: fixture.context)
        #expect(again.messages.count == 1)
        try fixture.add(.double(1), "room/temp", "Cel", after: 1)
        let old = try session.encoded(fixture.take(), from: 0, in: fixture.context)
        #expect(old.items == 1 && old.messages.isEmpty)
        fixture.context.isBacklog = true
        try fixture.add(.double(1), "room/temp", "Cel", after: 3)
        try fixture.add(.double(1), "room/temp", "Cel", after: 4)
        let backlog = try session.encoded(fixture.take(), from: 0, in: fixture.context)
        #expect(backlog.items == 2 && backlog.messages.isEmpty)
    }

    /// A point without a unit is told as soon as its first value says what it is.
    @Test func discoveryIsToldWhenMoreIsKnown() throws {
        var fixture = SessionFixture()
        try fixture.add(nil, "room/door", "", quality: .timeout)
        var session = Self.session(fixture)
        let births = session.births(fixture.presence())
        #expect(!births.contains { $0.topic.contains("_room/config") })
        fixture.context.messageLimit = 1
        try fixture.add(.bool(true), "room/door", "", after: 1)
        fixture.batch = ReadingBatch()
        try fixture.add(.bool(true), "room/door", "", after: 1)
        let first = try session.encoded(fixture.take(), from: 0, in: fixture.context)
        #expect(first.messages.map(\.topic) == [Self.topic + "/room"])
        fixture.context.messageLimit = 2
        try fixture.add(.bool(false), "room/door", "", after: 2)
        let second = try session.encoded(fixture.take(), from: 0, in: fixture.context)
        #expect(
            second.messages.map(\.topic) == [
                "homeassistant/device/armadio_cabinet-17_room/config", Self.topic + "/room",
            ])
    }

    @Test func manyDevicesAreTakenInTurnsAndManyPointsInParts() throws {
        var fixture = SessionFixture()
        for index in 0..<150 { try fixture.add(.int64(1), "device-0/p\(index)", "V") }
        for index in 1..<10 { try fixture.add(.int64(1), "device-\(index)/p", "V") }
        var session = Self.session(fixture)
        let births = session.births(fixture.presence())
        #expect(births.count == 2 + 2 * 12)
        #expect(births.contains { $0.topic == Self.topic + "/device-0/3" })
        #expect(births.allSatisfy { $0.payload.count <= EncodingContext.defaultByteLimit })
        #expect(Set(births.map(\.topic)).count == births.count)
        fixture.context.messageLimit = 4
        let batch = fixture.take()
        var (offset, topics) = (0, [String]())
        while let encoded = session.encode(batch, from: offset, in: fixture.context) {
            try #require(encoded.items > 0 && encoded.messages.count <= 4)
            topics += encoded.messages.map(\.topic)
            offset += encoded.items
        }
        #expect(offset == 159 && topics.count == 12 && Set(topics).count == 12)
    }

    @Test func namesAreToldApartInTopics() throws {
        var fixture = SessionFixture()
        for name in ["a.b", "a_b", "a:b", "a-b"] { try fixture.add(.int64(1), name + "/p", "V") }
        var session = Self.session(fixture)
        let topics = session.births(fixture.presence()).map(\.topic).filter {
            $0.hasSuffix("config")
        }
        #expect(Set(topics).count == 5)
        for topic in topics {
            let id = topic.split(separator: "/")[2]
            #expect(
                id.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "_-".contains($0)) })
        }
    }

    @Test func theStateStaysWithinTheLimit() throws {
        var fixture = SessionFixture()
        for index in 0..<50 {
            try fixture.add(.string(String(repeating: "\"", count: 400)), "room/p\(index)", "")
        }
        var session = Self.session(fixture)
        _ = session.births(fixture.presence())
        fixture.context.byteLimit = 2000
        let encoded = try session.encoded(fixture.take(), from: 0, in: fixture.context)
        let state = try #require(encoded.messages.last)
        #expect(state.payload.count <= 2000)
        #expect(try state.json()["p0"]?.text?.count == 255)
    }

    // MARK: What Home Assistant says

    private func receive(_ topic: String, _ payload: [UInt8], retained: Bool = false) throws
        -> [SessionRequest]
    {
        var session = try Self.cabinet().1
        return session.receive(
            InboundMessage(topic: topic, payload: payload, isRetained: retained))
    }

    @Test(
        arguments: [
            ("room/lamp", "ON", Value.bool(true)), ("room/lamp", "false", .bool(false)),
            ("room/level", "7", .int64(7)), ("room/level", "7.5", .double(7.5)),
            ("room/label", "ON", .string("ON")), ("no/point", "OFF", .bool(false)),
        ])
    func aCommandIsReadByTheKindOfThePoint(path: String, text: String, value: Value) throws {
        let request = try receive("\(Self.topic)/\(path)/set", Array(text.utf8)).first
        guard case .command(let command) = request else { throw Unexpected(nil) }
        #expect(command.path == path && command.value == value)
    }

    @Test(arguments: ["room/lamp", "room/level", "no/point"])
    func nonsenseIsAFlaw(path: String) throws {
        var random = SplitMix(seed: 3)
        for length in 0..<200 {
            let bytes = [0xFF] + (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
            let request = try receive("\(Self.topic)/\(path)/set", bytes).first
            guard case .flaw = request else { throw Unexpected(nil) }
        }
        for text in ["", "nan", "1e999", "maybe", String(repeating: "9", count: 2000)] {
            let request = try receive("\(Self.topic)/\(path)/set", Array(text.utf8)).first
            guard case .flaw = request else { throw Unexpected(nil) }
        }
        let retained = try receive("\(Self.topic)/\(path)/set", Array("1".utf8), retained: true)
        guard case .flaw = retained.first else { throw Unexpected(nil) }
    }

    @Test func aStartOfHomeAssistantAsksForBirths() throws {
        let online = Array("online".utf8)
        guard case .birth = try receive("homeassistant/status", online).first else {
            throw Unexpected(nil)
        }
        #expect(try receive("homeassistant/status", online, retained: true).isEmpty)
        #expect(try receive("homeassistant/status", Array("offline".utf8)).isEmpty)
    }

    @Test func afterACommandTheStateIsShownAgain() throws {
        var session = try Self.cabinet().1
        let command = PlatformCommand(device: "room", point: "lamp", value: .bool(true))
        let answers = session.answer(CommandOutcome(.refused, reason: "no"), to: command)
        #expect(answers.map(\.topic) == [Self.topic + "/room"])
        #expect(answers[0].text.contains(#""lamp":false"#))
    }

    /// All of it over a real broker: a Home Assistant that starts later finds it.
    @Test func discoveryAndStateStayAtTheBroker() async throws {
        let broker = try await MosquittoBroker(in: try TestFolder())
        let connection = await MQTTConnection.started(.local(broker.port))
        let link = try await connection.nextLink()
        let (_, session, births) = try Self.cabinet()
        for filter in session.subscriptions { #expect(await connection.subscribe(filter)) }
        for (number, message) in births.enumerated() {
            await connection.publish(message, UInt64(number), over: link)
        }
        _ = try await connection.nextSettled(births.count)
        #expect(try await broker.retained(births[2].topic) == births[2].text)
        #expect(try await broker.retained(Self.topic) == "online")
        await connection.stop(farewell: session.will(connect: 0), within: .seconds(5))
        #expect(try await broker.retained(Self.topic) == "offline")
    }
}
