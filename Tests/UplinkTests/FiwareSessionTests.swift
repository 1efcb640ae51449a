import Telemetry
import TestSupport
import Testing

@testable import Uplink

/// What an IoT Agent for JSON reads, and what it may say.
@Suite struct FiwareSessionTests {
    private func session(
        _ fixture: SessionFixture, _ names: FiwareOptions.DeviceNames = .withGateway
    ) -> FiwareSession {
        FiwareSession(
            options: FiwareOptions(apiKey: "key", deviceNames: names), gateway: "cabinet-17",
            points: fixture.points, version: "1.2.3")
    }

    @Test func aDevicesReadingsAreOneMessageOfMeasuresByTime() throws {
        var fixture = SessionFixture()
        try fixture.add(.double(230.1), after: 0.2509)
        try fixture.add(.int64(3), "pump/speed", "1/min", after: 0.2509)
        try fixture.add(.double(1.25), "meter/current", "A", after: 0.25)
        try fixture.add(.double(230.2), after: 0.25)
        try fixture.add(.bool(true), "meter/door", "", after: 1)
        var session = session(fixture)
        let encoded = try session.encoded(fixture.take(), from: 0, in: fixture.context)
        #expect(encoded.items == 5)
        #expect(
            encoded.messages.map(\.topic) == [
                "/json/key/cabinet-17:meter/attrs", "/json/key/cabinet-17:pump/attrs",
            ])
        let time = "2027-01-15T08:00:0"
        #expect(
            encoded.messages[0].text == #"[{"TimeInstant":"\#(time)0.250Z","#
                + #""voltage":230.1,"voltage_quality":"good","current":1.25,"#
                + #""current_quality":"good"},{"TimeInstant":"\#(time)0.250Z","voltage":230.2},"#
                + #"{"TimeInstant":"\#(time)1.000Z","door":true,"door_quality":"good"}]"#)
        #expect(encoded.messages.allSatisfy { $0.qos == .atLeastOnce && !$0.retain })
        #expect(try encoded.messages.allSatisfy { try $0.json() != .null })
    }

    @Test func qualityIsToldWhereItChangesAndAgainWhereAReadingIsSentAgain() throws {
        var fixture = SessionFixture()
        try fixture.add(.int64(1))
        try fixture.add(nil, quality: .timeout, after: 1)
        try fixture.add(.double(.nan), after: 2)
        try fixture.add(.int64(4), after: 3)
        try fixture.add(.int64(5), after: 4)
        let batch = fixture.take()
        var session = session(fixture)
        let once = try session.encoded(batch, from: 0, in: fixture.context).messages[0]
        let words = ["good", "timeout", "unrepresentable", "good", nil]
        guard case .array(let measures) = try once.json() else { throw Unexpected(nil) }
        #expect(measures.map { $0["voltage_quality"]?.text } == words)
        #expect(measures.map { $0["voltage"] != nil } == [true, false, false, true, true])
        let last = try session.encoded(batch, from: 3, in: fixture.context).messages[0]
        guard case .array(let again) = try last.json() else { throw Unexpected(nil) }
        #expect(again.map { $0["voltage_quality"]?.text } == ["good", nil])
    }

    /// Readings of devices lie mixed; what is taken is a beginning of the batch.
    @Test(arguments: [1, 2, 3, 20])
    func readingsAreTakenUpToTheMostMessages(limit: Int) throws {
        var fixture = SessionFixture()
        fixture.context.messageLimit = limit
        fixture.context.byteLimit = 1024
        for index in 0..<300 {
            try fixture.add(
                .int64(Int64(index)), "device-\(index * 7 % 5)/point", after: Double(index))
        }
        let batch = fixture.take()
        var session = session(fixture)
        var (offset, values) = (0, [Int64]())
        while let encoded = session.encode(batch, from: offset, in: fixture.context) {
            #expect(encoded.items > 0 && encoded.messages.count <= limit)
            try #require(encoded.items > 0)
            for message in encoded.messages {
                #expect(message.payload.count <= 1024)
                guard case .array(let measures) = try message.json() else { throw Unexpected(nil) }
                for case .integer(let value)? in measures.map({ $0["point"] }) {
                    values.append(value)
                    #expect(message.topic.contains("device-\(value * 7 % 5)/"))
                }
            }
            offset += encoded.items
        }
        #expect(offset == 300 && values.sorted() == (0..<300).map(Int64.init))
    }

    @Test func aTextThatIsTooLongStopsNothing() throws {
        var fixture = SessionFixture()
        fixture.context.byteLimit = 1024
        try fixture.add(.int64(1))
        try fixture.add(.string(String(repeating: "x", count: 5000)), "meter/label", "")
        try fixture.add(.int64(3), after: 1)
        let batch = fixture.take()
        var session = session(fixture)
        let first = try session.encoded(batch, from: 0, in: fixture.context)
        #expect(first.items == 1)
        let rest = try session.encoded(batch, from: 1, in: fixture.context)
        #expect(rest.items == 2)
        #expect(rest.messages[0].text.contains(#""label_quality":"unrepresentable""#))
    }

    @Test func aTimeThatNobodyKnowsIsNotTold() throws {
        var fixture = SessionFixture()
        fixture.anchor.quality = .unsynchronized
        try fixture.add(.int64(1))
        let batch = fixture.take()
        var session = session(fixture, .alone)
        let present = try session.encoded(batch, from: 0, in: fixture.context).messages[0]
        #expect(present.topic == "/json/key/meter/attrs")
        #expect(present.text.hasPrefix(#"[{"TimeInstant_quality":"unsynchronized","voltage":1,"#))
        fixture.context.boot = BootID(high: 8, low: 8)
        let earlier = try session.encoded(batch, from: 0, in: fixture.context).messages[0]
        #expect(
            earlier.text.hasPrefix(
                #"[{"TimeInstant":"2027-01-15T08:00:00.000Z","TimeInstant_quality":"uns"#))
    }

    @Test func aGapAndThePresenceAreMeasuresOfTheGateway() throws {
        let fixture = SessionFixture()
        var session = session(fixture)
        let batch = OutboundBatch(
            epoch: SenMLFixture.epoch, firstSequence: 0,
            content: .gap(count: 9, reason: .journalFull), anchor: fixture.anchor)
        let gap = try session.encoded(batch, from: 0, in: fixture.context)
        #expect(gap.items == 1)
        #expect(gap.messages.map(\.text) == [#"{"gap":9,"gap_reason":"journal-full"}"#])
        let birth = session.births(fixture.presence())
        #expect(birth.map(\.text) == [#"{"status":"online","version":"1.2.3"}"#])
        #expect(session.will(connect: 1)?.text == #"{"status":"offline"}"#)
        #expect(birth[0].topic == "/json/key/cabinet-17/attrs")
    }

    // MARK: Commands

    private func requests(_ payload: String, _ topic: String, retained: Bool = false)
        -> [SessionRequest]
    {
        var session = session(SessionFixture())
        return session.receive(
            InboundMessage(topic: topic, payload: Array(payload.utf8), isRetained: retained))
    }

    @Test func commandsAreAnsweredByNameOfThePoint() throws {
        var session = session(SessionFixture())
        #expect(session.subscriptions == ["/key/+/cmd"])
        let requests = requests(#"{"speed":21.5,"lamp":true}"#, "/key/cabinet-17:pump/cmd")
        let commands = requests.compactMap { request -> PlatformCommand? in
            if case .command(let command) = request { command } else { nil }
        }
        #expect(commands.map(\.path) == ["pump/speed", "pump/lamp"])
        #expect(commands.map(\.value) == [.double(21.5), .bool(true)])
        let done = session.answer(CommandOutcome(.done), to: commands[0])
        #expect(done.map(\.topic) == ["/json/key/cabinet-17:pump/cmdexe"])
        #expect(done.map(\.text) == [#"{"speed":"OK"}"#])
        let refused = session.answer(
            CommandOutcome(.refused, reason: "not writable"), to: commands[0])
        #expect(refused.map(\.text) == [#"{"speed":"refused: not writable"}"#])
    }

    @Test func otherGatewaysAndOtherTopicsAreNotHeard() {
        for topic in [
            "/key/cabinet-18:pump/cmd", "/key/cabinet-17:/cmd", "/other/cabinet-17:pump/cmd",
            "/key/cabinet-17:pump/attrs", "key/cabinet-17:pump/cmd", "",
        ] {
            #expect(requests(#"{"a":1}"#, topic).isEmpty, "\(topic)")
        }
    }

    @Test(arguments: [
        "", "1", "{}", "[]", #"{"a":null}"#, #"{"a":{"b":1}}"#, #"{"a":1e999}"#, "{\"a\":",
        "{" + (0..<33).map { "\"p\($0)\":1" }.joined(separator: ",") + "}",
        #"{"a":""# + String(repeating: "x", count: 4096) + #""}"#,
    ])
    func whatIsNoCommandIsAFlaw(payload: String) {
        for request in requests(payload, "/key/cabinet-17:pump/cmd") {
            guard case .flaw = request else { Issue.record("\(request)"); continue }
        }
        #expect(requests(payload, "/key/cabinet-17:pump/cmd").count == 1)
        let retained = requests(#"{"a":1}"#, "/key/cabinet-17:pump/cmd", retained: true)
        guard case .flaw = retained.first else { Issue.record("\(retained)"); return }
    }
}
