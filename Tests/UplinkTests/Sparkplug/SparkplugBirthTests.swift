import Telemetry
import TestSupport
import Testing

@testable import Uplink

/// What an edge node says of itself and its devices.
@Suite struct SparkplugBirthTests {
    @Test(
        """
        The node's birth: tck-id-topics-nbirth-topic tck-id-topics-nbirth-mqtt \
        tck-id-payloads-nbirth-qos tck-id-payloads-nbirth-retain tck-id-topics-nbirth-seq-num \
        tck-id-payloads-nbirth-seq tck-id-payloads-sequence-num-req-nbirth \
        tck-id-topics-nbirth-timestamp tck-id-payloads-nbirth-timestamp \
        tck-id-message-flow-edge-node-birth-publish-nbirth-topic \
        tck-id-message-flow-edge-node-birth-publish-nbirth-qos \
        tck-id-message-flow-edge-node-birth-publish-nbirth-retained \
        tck-id-message-flow-edge-node-birth-publish-nbirth-payload \
        tck-id-message-flow-edge-node-birth-publish-nbirth-payload-seq \
        tck-id-topics-nbirth-metrics tck-id-operational-behavior-data-publish-nbirth-values \
        tck-id-operational-behavior-data-publish-nbirth-order
        """)
    func nodeBirth() throws {
        var scene = try SparkplugScene()
        let heard = try scene.births()
        let birth = try #require(heard.first)
        #expect(birth.message.topic == "spBv1.0/city/NBIRTH/cabinet-17")
        #expect(birth.message.qos == .atMostOnce && !birth.message.retain)
        #expect(birth.payload.hasSeq && birth.payload.seq == 0)
        #expect(birth.payload.timestamp == SparkplugScene.milliseconds(110))
        let values = Dictionary(
            uniqueKeysWithValues: birth.payload.metrics.map { ($0.name, $0.stringValue) })
        #expect(values["Properties/Version"] == "1.2.3")
        #expect(values["Properties/Software"] == "Armadio")
        #expect(values["Properties/Epoch"] == "0000000000000abc-1")
        #expect(values["Properties/Clock"] == "synchronized")
        for metric in birth.payload.metrics {
            #expect(metric.hasName && metric.hasDatatype && metric.hasTimestamp)
            #expect(metric.isNull == (metric.value == nil), "\(metric.name)")
        }
        #expect(birth.payload.metrics.filter(\.isNull).map(\.name) == ["Journal/Gap"])
    }

    @Test(
        """
        Rebirth can be asked for: tck-id-topics-nbirth-rebirth-metric \
        tck-id-payloads-nbirth-rebirth-req \
        tck-id-operational-behavior-data-commands-rebirth-name \
        tck-id-operational-behavior-data-commands-rebirth-name-aliases \
        tck-id-operational-behavior-data-commands-rebirth-datatype \
        tck-id-operational-behavior-data-commands-rebirth-value
        """)
    func rebirthMetric() throws {
        var scene = try SparkplugScene()
        let metrics = try scene.births().metrics("NBIRTH")
        let rebirth = try #require(metrics.first { $0.name == "Node Control/Rebirth" })
        #expect(rebirth.datatype == 11 && rebirth.value == .booleanValue(false))
        #expect(!rebirth.hasAlias)
    }

    @Test(
        """
        Devices' births: tck-id-topics-dbirth-topic tck-id-topics-dbirth-mqtt \
        tck-id-topics-dbirth-seq tck-id-topics-dbirth-timestamp tck-id-payloads-dbirth-qos \
        tck-id-payloads-dbirth-retain tck-id-payloads-dbirth-seq tck-id-payloads-dbirth-seq-inc \
        tck-id-payloads-dbirth-timestamp tck-id-payloads-dbirth-order \
        tck-id-message-flow-device-birth-publish-dbirth-topic \
        tck-id-message-flow-device-birth-publish-dbirth-match-edge-node-topic \
        tck-id-message-flow-device-birth-publish-dbirth-payload \
        tck-id-message-flow-device-birth-publish-dbirth-payload-seq \
        tck-id-message-flow-device-birth-publish-dbirth-qos \
        tck-id-message-flow-device-birth-publish-dbirth-retained \
        tck-id-message-flow-device-birth-publish-nbirth-wait
        """)
    func deviceBirths() throws {
        var scene = try SparkplugScene()
        let heard = try scene.births()
        #expect(
            heard.map(\.message.topic) == [
                "spBv1.0/city/NBIRTH/cabinet-17", "spBv1.0/city/DBIRTH/cabinet-17/meter",
                "spBv1.0/city/DBIRTH/cabinet-17/street",
            ])
        #expect(heard.map(\.payload.seq) == [0, 1, 2])
        for birth in heard {
            #expect(birth.message.qos == .atMostOnce && !birth.message.retain)
            #expect(birth.payload.timestamp == SparkplugScene.milliseconds(110))
        }
    }

    @Test(
        """
        Births have every metric, with its value: tck-id-topics-dbirth-metric-reqs \
        tck-id-topics-dbirth-metrics tck-id-topics-nbirth-metric-reqs \
        tck-id-operational-behavior-data-publish-dbirth \
        tck-id-operational-behavior-data-publish-dbirth-values \
        tck-id-operational-behavior-data-publish-nbirth \
        tck-id-payloads-metric-datatype-req tck-id-payloads-metric-datatype-value \
        tck-id-payloads-metric-datatype-value-type tck-id-payloads-name-requirement \
        tck-id-payloads-alias-birth-requirement \
        tck-id-payloads-metric-propertyvalue-type-req \
        tck-id-payloads-metric-propertyvalue-type-type \
        tck-id-payloads-metric-propertyvalue-type-value
        """)
    func metricsOfBirths() throws {
        var scene = try SparkplugScene()
        try scene.births()
        try scene.read(.double(230.5), at: 105)
        try scene.read(nil, "street", "door", quality: .illegalAddress, at: 104)
        try scene.read(.string("shut"), "street", "state", at: 103)
        try scene.send()
        let heard = try scene.births()
        let metrics = heard.metrics("DBIRTH")
        #expect(metrics.map(\.name) == ["voltage", "energy", "state", "door"])
        #expect(metrics.map(\.datatype) == [10, 10, 12, 10])
        #expect(metrics.allSatisfy { $0.hasAlias })
        #expect(
            metrics.map(\.value) == [.doubleValue(230.5), nil, .stringValue("shut"), nil])
        #expect(metrics.map(\.isNull) == [false, true, false, true])
        #expect(metrics.map(\.quality) == [192, 500, 192, 0])
        #expect(metrics.map { $0.property("engUnit")?.stringValue } == ["V", "kWh", nil, nil])
        #expect(metrics[3].property("Reason")?.stringValue == "illegal-address")
        #expect(
            metrics.map(\.timestamp) == [105, 110, 103, 104].map(SparkplugScene.milliseconds))
        for property in metrics.flatMap(\.properties.values) { #expect(property.hasType) }
    }

    @Test(
        """
        bdSeq: tck-id-topics-nbirth-bdseq-included tck-id-topics-nbirth-bdseq-matching \
        tck-id-topics-nbirth-bdseq-increment tck-id-payloads-nbirth-bdseq \
        tck-id-payloads-nbirth-bdseq-repeat tck-id-payloads-ndeath-bdseq \
        tck-id-topics-ndeath-payload tck-id-topics-ndeath-topic tck-id-topics-ndeath-seq \
        tck-id-payloads-ndeath-seq
        """)
    func birthAndDeathSequence() throws {
        var scene = try SparkplugScene()
        for connect in UInt64(1)...600 {
            scene.connect = connect
            let will = try #require(scene.session.will(connect: connect))
            let death = try scene.observer.hear(will)
            #expect(death.message.topic == "spBv1.0/city/NDEATH/cabinet-17")
            #expect(death.payload.metrics.map(\.name) == ["bdSeq"] && !death.payload.hasSeq)
            #expect(death.payload.metrics[0].longValue == (connect - 1) % 256)
            try scene.births()
            #expect(scene.observer.bdSeq == (connect - 1) % 256)
        }
    }

    @Test func theFirstDeathOfAProcessIsNotTheLastOfTheOneBefore() throws {
        // Twenty starts, each with up to fifteen connections: no two of neighbours are alike.
        var lives: [Set<UInt64>] = []
        for start in UInt32(0)..<20 {
            let epoch = Epoch(journal: 1, number: 2 * start + 1)
            let session = try SparkplugScene(epoch: epoch).session
            var observer = SparkplugObserver(group: "city", node: "cabinet-17")
            let numbers = try (UInt64(1)...15).map {
                let will = try #require(session.will(connect: $0))
                return try observer.hear(will).payload.metrics[0].longValue
            }
            for life in lives.suffix(4) { #expect(life.isDisjoint(with: numbers)) }
            lives.append(Set(numbers))
        }
    }

    @Test(
        """
        Rebirth: tck-id-operational-behavior-data-commands-rebirth-action-1 \
        tck-id-operational-behavior-data-commands-rebirth-action-2 \
        tck-id-operational-behavior-data-commands-rebirth-action-3
        """)
    func rebirth() throws {
        var scene = try SparkplugScene()
        scene.connect = 5
        try scene.births()
        try scene.readAll()
        try scene.send()
        let requests = try scene.command(
            "spBv1.0/city/NCMD/cabinet-17",
            [.named("Node Control/Rebirth", .booleanValue(true))])
        // The forwarder sends nothing between this request and the births that answer it.
        guard case .birth = try #require(requests.first), requests.count == 1 else {
            Issue.record("\(requests)")
            return
        }
        let heard = try scene.births()
        #expect(heard.map(\.kind) == ["NBIRTH", "DBIRTH", "DBIRTH"])
        #expect(heard.map(\.payload.seq) == [0, 1, 2])
        let bdSeq = try #require(heard[0].payload.metrics.first { $0.name == "bdSeq" })
        let will = try scene.observer.hear(try #require(scene.session.will(connect: 5)))
        #expect(bdSeq.longValue == will.payload.metrics[0].longValue)
        #expect(bdSeq.longValue == 4)
    }

    @Test func deviceThatDoesNotAnswerIsBornAndDead() throws {
        var scene = try SparkplugScene()
        try scene.read(nil, quality: .timeout)
        try scene.read(nil, "meter", "energy", quality: .suspended)
        scene.latest.update(scene.batch)
        let heard = try scene.births()
        #expect(heard.map(\.kind) == ["NBIRTH", "DBIRTH", "DBIRTH", "DDEATH"])
        #expect(heard.last?.device == "meter")
    }
}
