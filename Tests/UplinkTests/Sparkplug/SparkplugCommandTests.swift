import SwiftProtobuf
import Telemetry
import TestSupport
import Testing

@testable import Uplink

/// What the platform says.
@Suite struct SparkplugCommandTests {
    private static let device = "spBv1.0/city/DCMD/cabinet-17/street"
    private static let node = "spBv1.0/city/NCMD/cabinet-17"

    @Test(
        """
        Commands are heard: tck-id-message-flow-device-dcmd-subscribe \
        tck-id-message-flow-edge-node-ncmd-subscribe
        """)
    func subscriptions() throws {
        let session = try SparkplugScene().session
        #expect(
            session.subscriptions == [
                "spBv1.0/city/NCMD/cabinet-17", "spBv1.0/city/DCMD/cabinet-17/+",
            ])
        // MQTTConnection.subscribe asks for QoS 1 unless told otherwise; seen on the wire in
        // SparkplugConnectionTests.
    }

    @Test(
        "Values by name and by alias",
        arguments: [
            (Payload.Metric.OneOf_Value.booleanValue(true), UInt32?.none, Value.bool(true)),
            (.doubleValue(1.5), nil, .double(1.5)), (.floatValue(0.1), nil, .double(0.1)),
            (.longValue(UInt64(bitPattern: -5)), 4, .int64(-5)),
            (.longValue(5), 8, .uint64(5)), (.intValue(UInt32(bitPattern: -5)), 3, .int64(-5)),
            (.intValue(0xFFFB), 2, .int64(-5)), (.intValue(0xFB), 1, .int64(-5)),
            (.intValue(7), 7, .uint64(7)), (.stringValue("offen"), 12, .string("offen")),
        ])
    func values(
        _ value: Payload.Metric.OneOf_Value, _ datatype: UInt32?, _ expected: Value
    ) throws {
        var scene = try SparkplugScene()
        try scene.births()
        var named = Payload.Metric.named("door", value)
        if let datatype { named.datatype = datatype }
        var aliased = named
        aliased.clearName()
        aliased.alias = 2 + 16
        for metric in [named, aliased] {
            let requests = try scene.command(Self.device, [metric], uuid: "4711")
            guard case .command(let command) = try #require(requests.first) else {
                Issue.record("\(requests)")
                continue
            }
            #expect(command.path == "street/door" && command.value == expected)
            #expect(command.id == "4711" && command.origin == "Sparkplug")
        }
    }

    @Test func eachMetricOfACommandIsACommand() throws {
        var scene = try SparkplugScene()
        try scene.births()
        let requests = try scene.command(
            Self.device,
            [.named("door", .booleanValue(true)), .named("state", .stringValue("x"))], uuid: "a")
        let paths = requests.map { request in
            if case .command(let command) = request { command.path + " " + command.id } else { "" }
        }
        #expect(paths == ["street/door a", "street/state a/1"])
    }

    @Test func whatCannotBeDoneIsAFlaw() throws {
        var scene = try SparkplugScene()
        try scene.births()
        let flaws: [(String, [Payload.Metric])] = [
            (Self.device, [.named("window", .booleanValue(true))]),
            (Self.device, [.named("door")]), (Self.device, [Payload.Metric()]),
            (Self.device + "x", [.named("door", .booleanValue(true))]),
            (Self.device, [.named("door", .bytesValue(.init([1])))]),
            (Self.device, [.named("door", .doubleValue(.nan))]),
            (Self.node, [.named("Node Control/Reboot", .booleanValue(true))]),
            (Self.node, [.named("Node Control/Rebirth", .booleanValue(false))]),
        ]
        for (topic, metrics) in flaws {
            let requests = try scene.command(topic, metrics)
            guard case .flaw = try #require(requests.first), requests.count == 1 else {
                Issue.record("\(topic): \(requests)")
                continue
            }
        }
        let many = [Payload.Metric](repeating: .named("door", .booleanValue(true)), count: 257)
        guard case .flaw = try scene.command(Self.device, many).first else {
            Issue.record("no bound")
            return
        }
        #expect(scene.session.receive(scene.inbound("other/topic", [1])).isEmpty)
    }

    @Test func aCommandThatTheBrokerHasKeptIsNotCarriedOutWithEachLink() throws {
        var scene = try SparkplugScene()
        try scene.births()
        var payload = Payload()
        payload.metrics = [.named("door", .booleanValue(true))]
        let bytes: [UInt8] = try payload.serializedBytes()
        let requests = scene.session.receive(
            scene.inbound(Self.device, bytes, isRetained: true))
        guard case .flaw = requests.first else {
            Issue.record("\(requests)")
            return
        }
    }

    @Test func bytesThatAreNoCommandAreAFlawAndNeverATrap() throws {
        var scene = try SparkplugScene(
            SparkplugOptions(
                group: SparkplugID(text: "city"), primaryHost: SparkplugID(text: "scada")))
        try scene.births()
        var payload = Payload()
        payload.timestamp = 1
        payload.uuid = "id"
        payload.metrics = [
            .named("door", .booleanValue(true)), .named("state", .stringValue("x")),
            .named("door", .floatValue(1)),
        ]
        let good: [UInt8] = try payload.serializedBytes()
        var random = SplitMix(seed: 3)
        let topics = [Self.device, Self.node, "spBv1.0/STATE/scada"]
        var (flaws, commands) = (0, 0)
        for round in 0..<15_000 {
            var bytes = good
            for _ in 0...(random.next() % 4) {
                switch random.next() % 3 {
                case 0: bytes = Array(bytes.prefix(Int(random.next() % UInt64(bytes.count + 1))))
                case 1: bytes.append(UInt8(truncatingIfNeeded: random.next()))
                default:
                    guard !bytes.isEmpty else { continue }
                    bytes[Int(random.next() % UInt64(bytes.count))] =
                        UInt8(truncatingIfNeeded: random.next())
                }
            }
            for request in scene.session.receive(scene.inbound(topics[round % 3], bytes)) {
                switch request {
                case .flaw: flaws += 1
                case .command: commands += 1
                default: break
                }
            }
        }
        #expect(flaws > 3_000 && commands > 300)
    }

    @Test func aCommandThatWasNotCarriedOutIsAnsweredByWhatIsTheCase() throws {
        var scene = try SparkplugScene()
        try scene.births()
        try scene.readAll()
        try scene.send()
        let command = PlatformCommand(device: "street", point: "door", value: .bool(false))
        #expect(scene.session.answer(CommandOutcome(.done), to: command).isEmpty)
        let refused = CommandOutcome(.refused, reason: "not writable")
        let answers = scene.session.answer(refused, to: command)
        let heard = try scene.hear(answers)
        #expect(heard.map(\.kind) == ["DDATA"])
        let metric = heard[0].payload.metrics[0]
        #expect(scene.observer.name(metric.alias, of: "street") == "door")
        #expect(metric.booleanValue && !metric.isHistorical)
        #expect(metric.property("Command")?.stringValue == "refused: not writable")
    }
}
