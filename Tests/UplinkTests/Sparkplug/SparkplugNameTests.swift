import Telemetry
import Testing

@testable import Uplink

/// Groups, nodes, devices and the topics that they make.
@Suite struct SparkplugNameTests {
    @Test(
        """
        Topics: tck-id-topic-structure tck-id-topic-structure-namespace-a \
        tck-id-topic-structure-namespace-device-id-associated-message-types \
        tck-id-topic-structure-namespace-device-id-non-associated-message-types \
        tck-id-topics-ddeath-topic tck-id-topics-ddeath-mqtt tck-id-topics-ddeath-seq-num \
        tck-id-payloads-ddeath-seq tck-id-payloads-ddeath-seq-inc \
        tck-id-payloads-ddeath-seq-number tck-id-payloads-ddeath-timestamp
        """)
    func topics() throws {
        let options = SparkplugOptions(
            group: try SparkplugID(text: "Città 9"), node: try SparkplugID(text: "box:1"),
            primaryHost: try SparkplugID(text: "scada"))
        var scene = try SparkplugScene(options)
        try scene.births()
        try scene.readAll()
        try scene.send()
        for point in ["voltage", "energy"] {
            try scene.read(nil, "meter", point, quality: .disconnected, at: 106)
        }
        _ = try scene.send(.gap(count: 1, reason: .damaged))
        let heard = try scene.send()
        #expect(heard.map(\.kind) == ["DDATA", "DDEATH", "fence"])
        let death = heard[1]
        #expect(death.message.topic == "spBv1.0/Città 9/DDEATH/box:1/meter")
        #expect(death.message.qos == .atMostOnce && !death.message.retain)
        #expect(death.payload.seq == heard[0].payload.seq + 1)
        #expect(death.payload.timestamp == SparkplugScene.milliseconds(110))
        #expect(death.payload.metrics.isEmpty)
        #expect(
            scene.session.subscriptions == [
                "spBv1.0/Città 9/NCMD/box:1", "spBv1.0/Città 9/DCMD/box:1/+",
                "spBv1.0/STATE/scada",
            ])
        // The observer has held the topic of each message against the structure.
        #expect(scene.observer.count > 6)
    }

    @Test(
        """
        Names: tck-id-intro-group-id-string tck-id-intro-group-id-chars \
        tck-id-intro-edge-node-id-string tck-id-intro-edge-node-id-chars \
        tck-id-intro-device-id-string tck-id-intro-device-id-chars \
        tck-id-topic-structure-namespace-valid-group-id \
        tck-id-topic-structure-namespace-valid-edge-node-id \
        tck-id-topic-structure-namespace-valid-device-id
        """)
    func names() throws {
        for text in ["a", "Città 9", "шкаф", "a:b.c_d-e", "$x", String(repeating: "x", count: 256)]
        {
            #expect(try SparkplugID(text: text).text == text)
            #expect(SparkplugID(mending: text).text == text)
        }
        let refused = [
            "", "a/b", "a+", "#", "a\u{0}b", "a\nb", String(repeating: "x", count: 257),
            "a\u{FFFF}",
        ]
        for text in refused {
            #expect(throws: TextScalarError.self) { try SparkplugID(text: text) }
            let mended = SparkplugID(mending: text).text
            #expect(try SparkplugID(text: mended).text == mended)
        }
        #expect(SparkplugID(mending: "a/b+c#").text == "a_b_c_")
        // Devices of a journal that is not ours, too.
        var scene = try SparkplugScene()
        try scene.births()
        try scene.read(.double(1), "rack/1", "x")
        #expect(try scene.send().of("DDATA").map(\.device) == ["rack_1"])
    }

    @Test(
        """
        Devices and aliases are unique in a node, not beyond: tck-id-payloads-alias-uniqueness \
        tck-id-topic-structure-namespace-unique-device-id \
        tck-id-topic-structure-namespace-duplicate-device-id-across-edge-node
        """)
    func uniqueness() throws {
        var devices: [[String?]] = []
        for gateway in ["cabinet-1", "cabinet-2"] {
            var scene = try SparkplugScene(gateway: gateway)
            for device in 0..<20 {
                for point in 0..<5 { try scene.list("d/\(device)", "p\(point)") }
                try scene.list("d_\(device)", "other")
            }
            let births = try scene.births()
            let aliases = births.flatMap(\.payload.metrics).filter { $0.hasAlias }.map(\.alias)
            #expect(aliases.count == 6 + 4 + 120 && Set(aliases).count == aliases.count)
            let names = births.of("DBIRTH").map(\.device)
            #expect(Set(names).count == names.count && names.count == 22)
            devices.append(names)
        }
        #expect(devices[0] == devices[1])
    }
}
