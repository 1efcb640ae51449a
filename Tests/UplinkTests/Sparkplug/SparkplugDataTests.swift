import Telemetry
import TestSupport
import Testing

@testable import Uplink

/// What an edge node says of its readings.
@Suite struct SparkplugDataTests {
    @Test(
        """
        Data: tck-id-topics-ddata-topic tck-id-topics-ddata-mqtt tck-id-topics-ddata-seq-num \
        tck-id-topics-ddata-timestamp tck-id-topics-ddata-payload tck-id-payloads-ddata-qos \
        tck-id-payloads-ddata-retain tck-id-payloads-ddata-seq tck-id-payloads-ddata-seq-inc \
        tck-id-payloads-ddata-timestamp tck-id-payloads-ddata-order \
        tck-id-payloads-alias-data-cmd-requirement tck-id-payloads-metric-datatype-not-req \
        tck-id-payloads-name-birth-data-requirement
        """)
    func data() throws {
        var scene = try SparkplugScene()
        try scene.births()
        try scene.readAll(at: 105.25)
        let births = try scene.send()
        // Boolean and String were not known before the first reading.
        #expect(births.map(\.kind) == ["DBIRTH", "DDATA", "DDATA", "fence"])
        try scene.readAll(at: 106)
        let heard = try scene.send()
        #expect(heard.map(\.kind) == ["DDATA", "DDATA", "fence"])
        #expect(
            heard.prefix(2).map(\.message.topic) == [
                "spBv1.0/city/DDATA/cabinet-17/meter", "spBv1.0/city/DDATA/cabinet-17/street",
            ])
        #expect(heard.prefix(2).map(\.payload.seq) == [6, 7])
        for message in heard.prefix(2) {
            #expect(message.message.qos == .atMostOnce && !message.message.retain)
            #expect(message.payload.timestamp == SparkplugScene.milliseconds(110))
            for metric in message.payload.metrics {
                #expect(metric.hasAlias && !metric.hasName && !metric.hasDatatype)
                #expect(metric.timestamp == SparkplugScene.milliseconds(106))
                #expect(!metric.isHistorical && metric.quality == nil)
            }
        }
        #expect(
            heard.metrics("DDATA").map(\.value) == [
                .doubleValue(230.5), .doubleValue(17), .booleanValue(true), .stringValue("shut"),
            ])
    }

    @Test func oneFenceIsBehindTheDataAndNamesTheReadings() throws {
        var scene = try SparkplugScene()
        try scene.births()
        for second in 0..<2 {
            try scene.readAll(at: 105 + Double(second))
            let fence = try #require(try scene.send().last)
            #expect(fence.message.topic == "armadio/cabinet-17/fence")
            #expect(fence.message.qos == .atLeastOnce && !fence.message.retain)
            let text = String(decoding: fence.message.payload, as: UTF8.self)
            #expect(text == "0000000000000abc-1 \(4 * second) 4")
        }
    }

    @Test(
        """
        Sequence numbers: tck-id-payloads-sequence-num-always-included \
        tck-id-payloads-sequence-num-incrementing
        """)
    func sequenceNumbersGoRound() throws {
        var scene = try SparkplugScene()
        try scene.births()
        var numbers: [UInt64] = []
        for round in 0..<400 {
            try scene.readAll(at: 105 + Double(round) / 100)
            let isGap = round % 7 == 0
            let heard =
                isGap ? try scene.send(.gap(count: 3, reason: .journalFull)) : try scene.send()
            numbers += heard.filter { $0.kind != "fence" }.map(\.payload.seq)
        }
        #expect(numbers.count > 600)
        for (number, next) in zip(numbers, numbers.dropFirst()) {
            #expect(next == (number + 1) % 256)
        }
    }

    @Test(
        """
        The node's data: tck-id-topics-ndata-topic tck-id-topics-ndata-mqtt \
        tck-id-topics-ndata-seq-num tck-id-topics-ndata-timestamp tck-id-topics-ndata-payload \
        tck-id-payloads-ndata-qos tck-id-payloads-ndata-retain tck-id-payloads-ndata-seq \
        tck-id-payloads-ndata-seq-inc tck-id-payloads-ndata-timestamp \
        tck-id-payloads-ndata-order tck-id-operational-behavior-data-publish-nbirth-change
        """)
    func gap() throws {
        var scene = try SparkplugScene()
        try scene.births()
        let heard = try scene.send(.gap(count: 1234, reason: .journalFull))
        #expect(heard.map(\.kind) == ["NDATA", "fence"])
        #expect(heard[0].message.topic == "spBv1.0/city/NDATA/cabinet-17")
        #expect(heard[0].payload.seq == 3)
        let metric = try #require(heard[0].payload.metrics.first)
        #expect(scene.observer.name(metric.alias, of: "") == "Journal/Gap")
        #expect(metric.value == .longValue(1234))
        #expect(metric.property("Reason")?.stringValue == "journal-full")
        #expect(
            String(decoding: heard[1].message.payload, as: UTF8.self)
                == "0000000000000abc-1 0 1234")
    }

    @Test(
        """
        Quality: tck-id-payloads-propertyset-quality-value-type \
        tck-id-payloads-propertyset-quality-value-value \
        tck-id-payloads-propertyset-keys-array-size \
        tck-id-payloads-propertyset-values-array-size
        """, arguments: Quality.allCases)
    func quality(_ quality: Quality) throws {
        var scene = try SparkplugScene()
        try scene.births()
        try scene.readAll()
        try scene.send()
        try scene.read(quality.isGood ? .double(1) : nil, quality: quality, at: 106)
        let metric = try #require(try scene.send().metrics("DDATA").first)
        if quality.isGood {
            #expect(metric.quality == nil && !metric.isNull)
        } else {
            let stale: [Quality] = [.suspended, .eventsLost, .chattering]
            #expect(metric.quality == (stale.contains(quality) ? 500 : 0))
            #expect(metric.isNull && metric.value == nil)
            #expect(metric.property("Reason")?.stringValue == quality.name)
        }
        for second in 107..<109 {
            try scene.read(.double(2), at: Double(second))
            let metric = try #require(try scene.send().metrics("DDATA").first)
            #expect(metric.quality == (second == 107 && !quality.isGood ? 192 : nil))
        }
    }

    @Test func anOutagesReadingsAreHistoricalWithTheirTimes() throws {
        var scene = try SparkplugScene()
        try scene.births()
        for second in 0..<3 { try scene.read(.double(Double(second)), at: 20 + Double(second)) }
        let metrics = try scene.send(isBacklog: true).metrics("DDATA")
        #expect(metrics.allSatisfy { $0.isHistorical })
        #expect(metrics.map(\.timestamp) == [20, 21, 22].map(SparkplugScene.milliseconds))
    }

    @Test func earlierBootsReadingsAreHistorical() throws {
        var scene = try SparkplugScene()
        try scene.births()
        try scene.readAll()
        try scene.send()
        let boot = BootID(high: 1, low: 1)
        scene.anchor = ClockAnchor(
            boot: boot, instant: SparkplugScene.instant(0),
            wall: WallTime(nanosecondsSince1970: 1_780_000_000_000_000_000), quality: .estimated)
        try scene.read(.double(7), at: 50)
        let metric = try #require(try scene.send().metrics("DDATA").first)
        #expect(metric.isHistorical && metric.timestamp == 1_780_000_050_000)
        #expect(metric.property("Clock")?.stringValue == "estimated")
    }

    @Test(
        """
        Chronological order: tck-id-operational-behavior-data-publish-dbirth-order
        """)
    func readingsOfADeviceAreInTheOrderOfTheirTimes() throws {
        var scene = try SparkplugScene()
        try scene.births()
        try scene.readAll(at: 100)
        try scene.send()
        try scene.read(.double(1), at: 106)
        try scene.read(.double(2), "meter", "energy", at: 104)
        try scene.read(.double(3), at: 105)
        try scene.read(.double(4), "meter", "energy", at: 107)
        let metrics = try scene.send().metrics("DDATA")
        #expect(metrics.map(\.doubleValue) == [2, 3, 1, 4])
        // What comes behind a newer one of its point is not its value.
        #expect(metrics.map(\.isHistorical) == [false, true, false, false])
        // The birth has the newest values, oldest first.
        let birth = try scene.births().of("DBIRTH")[0].payload.metrics
        #expect(birth.map(\.timestamp) == [106, 107].map(SparkplugScene.milliseconds))
    }

    @Test func readingsThatWereSentAndComeAgainAreHistoricalButForTheNewest() throws {
        var scene = try SparkplugScene()
        try scene.births()
        for second in 0..<3 { try scene.read(.double(1), at: 105 + Double(second)) }
        let again = scene.batch
        #expect(try scene.send().metrics("DDATA").allSatisfy { !$0.isHistorical })
        scene.batch = again
        let metrics = try scene.send().metrics("DDATA")
        #expect(metrics.map(\.isHistorical) == [true, true, false])
    }

    // MARK: Points that no birth has

    @Test func readingsOfAnEarlierConfigurationHaveABirthInFront() throws {
        var scene = try SparkplugScene()
        try scene.births()
        try scene.read(.double(1), "meter", "removed", "A")
        try scene.read(.int64(-3), "gone", "counter")
        try scene.read(.double(230), at: 106)
        let heard = try scene.send(isBacklog: true)
        #expect(heard.map(\.kind) == ["DBIRTH", "DBIRTH", "DDATA", "DDATA", "fence"])
        let meter = heard[0].payload.metrics
        #expect(meter.map(\.name) == ["voltage", "energy", "removed"])
        #expect(heard[1].device == "gone" && heard[1].payload.metrics[0].datatype == 4)
        #expect(heard[3].payload.metrics[0].longValue == UInt64(bitPattern: -3))
        try scene.read(.double(2), "meter", "removed", "A", at: 107)
        #expect(try scene.send(isBacklog: true).map(\.kind) == ["DDATA", "fence"])
    }

    @Test func aPointWithAnotherUnitIsAnotherMetric() throws {
        var scene = try SparkplugScene()
        try scene.births()
        try scene.read(.double(230_000), "meter", "voltage", "mV")
        let heard = try scene.send(isBacklog: true)
        #expect(heard.metrics("DBIRTH").map(\.name) == ["voltage", "energy", "voltage [mV]"])
        let alias = try #require(heard.metrics("DDATA").first).alias
        #expect(scene.observer.name(alias, of: "meter") == "voltage [mV]")
    }

    @Test func idsOfNoPointAndForeignNamesAreSentUnderNamesThatCanBe() throws {
        var scene = try SparkplugScene()
        try scene.births()
        scene.batch.append(
            point: PointID(index: 4711), value: .double(1), at: SparkplugScene.instant(105))
        try scene.read(.bool(true), "a/b+#\u{0}", "", "")
        let heard = try scene.send()
        #expect(heard.of("DDATA").map(\.device) == ["unknown", "a_b___"])
    }

    @Test(
        "A datatype that is another than that of the birth has a birth in front",
        arguments: [
            (Value.double(1), Value.string("x"), true), (.int64(1), .double(0.5), true),
            (.double(1), .int64(7), false), (.int64(1), .uint64(7), false),
            (.uint64(1), .int64(-7), true), (.int64(1), .uint64(.max), true),
            (.double(1), .uint64(1 << 54), true), (.bool(true), .int64(1), true),
        ])
    func datatypes(_ first: Value, _ second: Value, _ needsBirth: Bool) throws {
        var scene = try SparkplugScene()
        try scene.births()
        try scene.read(first)
        try scene.send()
        try scene.read(second, at: 106)
        let heard = try scene.send()
        #expect(heard.map(\.kind) == (needsBirth ? ["DBIRTH"] : []) + ["DDATA", "fence"])
        try scene.read(first, at: 107)
        try scene.read(second, at: 108)
        #expect(try scene.send().metrics("DDATA").count == 2)
    }

    // MARK: Bounds

    @Test func payloadsKeepToTheirBound() throws {
        var scene = try SparkplugScene(empty: true)
        for device in 0..<3 {
            for point in 0..<40 { try scene.list("d\(device)", "p\(point)", "V") }
        }
        try scene.births()
        scene.byteLimit = 2048
        scene.messageLimit = 4
        var random = SplitMix(seed: 5)
        for second in 0..<20 {
            for point in scene.roster {
                scene.batch.append(
                    point: point.id,
                    value: random.next() % 5 == 0
                        ? nil : .double(Double(random.next() % 1000) / 10),
                    quality: .good, at: SparkplugScene.instant(105 + Double(second) / 10))
            }
        }
        let metrics = scene.batch.count
        let heard = try scene.send()
        #expect(heard.metrics("DDATA").count == metrics)
        #expect(heard.of("DDATA").allSatisfy { $0.message.payload.count <= 2048 })
        #expect(scene.parts.allSatisfy { $0.messages <= 4 })
        #expect(heard.of("fence").count == scene.parts.count)
        // A bound that is kept by sending little is none.
        #expect(heard.of("DDATA").count < metrics * 60 / 2048 * 2)
    }

    @Test func oneMessageAtATimeGoesOn() throws {
        var scene = try SparkplugScene()
        try scene.births()
        scene.messageLimit = 1
        try scene.readAll()
        try scene.read(nil, quality: .timeout, at: 106)
        let heard = try scene.send()
        #expect(heard.metrics("DDATA").count == 5)
    }

    @Test func aTextThatIsTooLongDoesNotStopWhatFollows() throws {
        var scene = try SparkplugScene()
        try scene.births()
        scene.byteLimit = 1024
        try scene.read(.string(String(repeating: "x", count: 2000)), "street", "state")
        try scene.read(.double(1))
        let heard = try scene.send()
        let metrics = heard.metrics("DDATA")
        #expect(metrics.count == 2 && metrics[0].isNull)
        #expect(metrics[0].property("Reason")?.stringValue == "unrepresentable")
        #expect(heard.of("DDATA").allSatisfy { $0.message.payload.count <= 1024 })
    }

    @Test func numbersThatAreNoneAreNull() throws {
        var scene = try SparkplugScene()
        try scene.births()
        for value in [Double.nan, .infinity] {
            try scene.read(.double(value))
            let metric = try #require(try scene.send().metrics("DDATA").first)
            #expect(metric.isNull && metric.quality == 0)
        }
    }

    @Test("Random cabinets", arguments: UInt64(0)..<40)
    func anyReadingsAreTold(_ seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        let compression = SparkplugOptions.Compression.allCases[Int(seed % 3)]
        var scene = try SparkplugScene(
            SparkplugOptions(group: SparkplugID(text: "city"), compression: compression))
        try scene.births()
        let values: [Value?] = [
            nil, .bool(true), .int64(-1), .int64(.min), .uint64(.max), .double(0.1), .double(-0.0),
            .double(.nan), .string(""), .string("ключ"),
            .string(String(repeating: "y", count: 300)),
        ]
        for _ in 0..<60 {
            scene.now = scene.now + .seconds(1)
            scene.messageLimit = Int(random.next() % 12) + 1
            scene.byteLimit = 1024 << Int(random.next() % 4)
            for _ in 0..<(random.next() % 40) {
                let value = values[Int(random.next() % UInt64(values.count))]
                let bad = Quality.allCases[Int(random.next() % UInt64(Quality.allCases.count))]
                try scene.read(
                    value, "device-\(random.next() % 3)", "point-\(random.next() % 5)",
                    quality: value == nil ? bad : .good,
                    at: 110 + Double(random.next() % 600) / 10)
            }
            switch random.next() % 8 {
            case 0: try scene.births()
            case 1: _ = try scene.send(.gap(count: 1, reason: .damaged))
            case let number:
                let (count, silent) = (
                    scene.batch.count, scene.batch.qualities.count { $0.isSilence }
                )
                let told = try scene.send(isBacklog: number == 2).metrics("DDATA").count
                #expect(told <= count && told >= count - silent)
            }
        }
        #expect(scene.observer.count > 60)
    }
}
