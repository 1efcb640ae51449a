import Telemetry
import TestSupport
import Testing

@testable import Uplink

/// What a platform reads, byte by byte: a change here breaks receivers in the field.
@Suite struct SenMLPayloadTests {
    private static let head =
        #"[{"bn":"cabinet-17/meter/","bt":1700000000,"n":"voltage","#

    @Test func firstRecordHasBaseNameAndTimeAndLaterOnesTheirOffset() throws {
        var fixture = SenMLFixture()
        try fixture.add(.double(230.1), after: 0.25)
        try fixture.add(.double(1.25), "meter", "current", "A", after: 0.26)
        try fixture.add(.int64(287), "meter", "power", "W", after: 0.25)
        #expect(
            fixture.encode()?.text == #"[{"bn":"cabinet-17/meter/","bt":1700000000.25,"#
                + #""n":"voltage","u":"V","v":230.1},"#
                + #"{"n":"current","u":"A","v":1.25,"t":0.01},"#
                + #"{"n":"power","u":"W","v":287}]"#)
    }

    @Test func readingBeforeTheFirstHasANegativeOffset() throws {
        var fixture = SenMLFixture()
        try fixture.add(.int64(1))
        try fixture.add(.int64(2), after: -1.5)
        #expect(
            fixture.encode()?.text
                == Self.head + #""u":"V","v":1},{"n":"voltage","u":"V","v":2,"t":-1.5}]"#)
    }

    @Test func baseNameIsRepeatedWhereTheDeviceChanges() throws {
        var fixture = SenMLFixture()
        try fixture.add(.int64(1))
        try fixture.add(.int64(2), "pump", "speed", "1/min")
        try fixture.add(.int64(3), "pump", "speed", "1/min", after: 1)
        try fixture.add(.int64(4), after: 1)
        #expect(
            fixture.encode()?.text == Self.head + #""u":"V","v":1},"#
                + #"{"bn":"cabinet-17/pump/","n":"speed","u":"1/min","v":2},"#
                + #"{"n":"speed","u":"1/min","v":3,"t":1},"#
                + #"{"bn":"cabinet-17/meter/","n":"voltage","u":"V","v":4,"t":1}]"#)
    }

    @Test(arguments: [
        (Value.bool(true), #""vb":true"#), (.bool(false), #""vb":false"#),
        (.int64(.min), #""v":-9223372036854775808"#), (.int64(-1), #""v":-1"#),
        (.uint64(.max), #""v":18446744073709551615"#), (.double(-0.5), #""v":-0.5"#),
        (.double(0), #""v":0"#), (.string(#"say "hi"\"#), #""vs":"say \"hi\"\\""#),
        (.string(""), #""vs":"""#),
    ])
    func everyKindOfValueHasItsKey(value: Value, expected: String) throws {
        var fixture = SenMLFixture()
        try fixture.add(value, "meter", "voltage", "")
        #expect(fixture.encode()?.text == Self.head + expected + "}]")
    }

    @Test(arguments: Quality.allCases.filter { !$0.isGood })
    func badReadingIsATextBesideTheSeriesAndNeverAValue(quality: Quality) throws {
        var fixture = SenMLFixture()
        try fixture.add(.double(230.1), quality: quality)
        try fixture.add(nil, quality: quality, after: 1)
        let record = #"{"n":"voltage/quality","vs":""# + quality.name + #"","t":1}]"#
        #expect(
            fixture.encode()?.text == #"[{"bn":"cabinet-17/meter/","bt":1700000000,"#
                + #""n":"voltage/quality","vs":""# + quality.name + #""},"# + record)
    }

    @Test(arguments: [Double.nan, .infinity, -.infinity, .signalingNaN])
    func numberThatJSONCannotSayIsUnrepresentable(value: Double) throws {
        var fixture = SenMLFixture()
        try fixture.add(.double(value))
        #expect(
            fixture.encode()?.text == #"[{"bn":"cabinet-17/meter/","bt":1700000000,"#
                + #""n":"voltage/quality","vs":"unrepresentable"}]"#)
    }

    /// A damaged journal may bring a good reading without a value, or a point nobody knows.
    @Test func readingWithoutValueOrPointKeepsItsIdentity() throws {
        var fixture = SenMLFixture()
        try fixture.add(nil)
        fixture.batch.append(
            point: PointID(index: 999), value: .int64(5), at: SenMLFixture.start)
        let encoded = try #require(fixture.encode())
        #expect(
            encoded.text == #"[{"bn":"cabinet-17/meter/","bt":1700000000,"#
                + #""n":"voltage/quality","vs":"unrepresentable"},"#
                + #"{"bn":"cabinet-17/unknown/","n":"unknown","v":5}]"#)
        #expect(encoded.items == 2)
    }

    // MARK: Identity

    @Test func identityIsInUserPropertiesOnMQTT5() throws {
        var fixture = SenMLFixture()
        for _ in 0..<3 { try fixture.add(.int64(1)) }
        let encoded = try #require(fixture.encode(from: 1))
        #expect(
            encoded.properties == [
                "gateway=cabinet-17", "epoch=0000000000000abc-3", "first=41", "count=2",
            ])
        #expect(!encoded.text.contains("epoch"))
        #expect(encoded.message.contentType == "application/senml+json")
        #expect(encoded.message.topic == "armadio/cabinet-17/telemetry")
        #expect(encoded.message.qos == .atLeastOnce)
        #expect(!encoded.message.retain)
        #expect(encoded.items == 2)
    }

    @Test func identityIsInTheFirstRecordOnMQTT311() throws {
        var fixture = SenMLFixture()
        fixture.protocolVersion = .v311
        try fixture.add(.int64(1))
        try fixture.add(.int64(2))
        let encoded = try #require(fixture.encode())
        #expect(
            encoded.text == #"[{"bn":"cabinet-17/meter/","bt":1700000000,"#
                + #""epoch":"0000000000000abc-3","first":40,"count":2,"#
                + #""n":"voltage","u":"V","v":1},{"n":"voltage","u":"V","v":2}]"#)
        #expect(encoded.properties.isEmpty)
    }

    @Test func offsetOutsideOfTheBatchGivesNothing() throws {
        var fixture = SenMLFixture()
        try fixture.add(.int64(1))
        #expect(fixture.encode(from: 1) == nil)
        #expect(fixture.encode(from: -1) == nil)
        #expect(fixture.encode(.gap(count: 5, reason: .damaged), from: 1) == nil)
        #expect(fixture.encode(.readings(ReadingBatch())) == nil)
    }

    // MARK: Clock

    @Test func unsynchronizedClockGivesTimesRelativeToSendingAndSaysSo() throws {
        var fixture = SenMLFixture()
        fixture.anchor.quality = .unsynchronized
        try fixture.add(.int64(1))
        try fixture.add(.int64(2), after: 4)
        let encoded = try #require(fixture.encode(now: 110))
        #expect(
            encoded.text == #"[{"bn":"cabinet-17/meter/","bt":-10,"clock":"unsynchronized","#
                + #""n":"voltage","u":"V","v":1},{"n":"voltage","u":"V","v":2,"t":4}]"#)
        #expect(encoded.properties.last == "clock=unsynchronized")
    }

    @Test func estimatedClockGivesAbsoluteTimesAndSaysSo() throws {
        var fixture = SenMLFixture()
        fixture.anchor.quality = .estimated
        fixture.protocolVersion = .v311
        try fixture.add(.int64(1))
        #expect(
            fixture.encode(boot: BootID(high: 8, low: 8))?.text
                == #"[{"bn":"cabinet-17/meter/","bt":1700000000,"#
                + #""epoch":"0000000000000abc-3","first":40,"count":1,"clock":"estimated","#
                + #""n":"voltage","u":"V","v":1}]"#)
    }

    @Test func earlierBootThatNeverKnewTheTimeGivesNone() throws {
        var fixture = SenMLFixture()
        fixture.anchor.quality = .unsynchronized
        fixture.anchor.wall = WallTime(nanosecondsSince1970: 50_000_000_000)
        try fixture.add(.int64(1))
        try fixture.add(.int64(2), after: 4)
        #expect(
            fixture.encode(boot: BootID(high: 8, low: 8))?.text
                == #"[{"bn":"cabinet-17/meter/","clock":"unsynchronized","#
                + #""n":"voltage","u":"V","v":1},{"n":"voltage","u":"V","v":2}]"#)
    }

    // MARK: Gaps and status

    @Test(arguments: [
        (GapReason.journalFull, "journal-full"), (.damaged, "damaged"),
        (.memoryFull, "memory-full"),
    ])
    func gapIsOneRecordWithTheIdentityOfWhatIsLost(reason: GapReason, name: String) throws {
        let fixture = SenMLFixture()
        let encoded = try #require(fixture.encode(.gap(count: 1234, reason: reason), now: 110))
        #expect(
            encoded.text == #"[{"bn":"cabinet-17/","bt":1700000010,"n":"gap","v":1234,"#
                + #""reason":""# + name + #""}]"#)
        #expect(encoded.properties.suffix(2) == ["first=40", "count=1234"])
        #expect(encoded.items == 1)
    }

    @Test func gapOfAnEarlierBootIsToldAsOfTheLastThatIsKnownOfIt() throws {
        var fixture = SenMLFixture()
        fixture.protocolVersion = .v311
        let encoded = fixture.encode(
            .gap(count: 2, reason: .damaged), now: 5, boot: BootID(high: 8, low: 8))
        #expect(
            encoded?.text == #"[{"bn":"cabinet-17/","bt":1700000000,"#
                + #""epoch":"0000000000000abc-3","first":40,"count":2,"#
                + #""n":"gap","v":2,"reason":"damaged"}]"#)
    }

    @Test func birthWillAndFarewellAreRetainedStatus() {
        var session = SenMLFixture().session
        let births = session.births(.of(SenMLFixture.epoch))
        #expect(
            births.map { String(decoding: $0.payload, as: UTF8.self) }
                == [#"{"status":"online","version":"1.2.3","epoch":"0000000000000abc-3"}"#])
        let (will, farewell) = (session.will(connect: 1), session.farewell())
        for message in [will, farewell] {
            #expect(
                message.map { String(decoding: $0.payload, as: UTF8.self) }
                    == #"{"status":"offline"}"#)
        }
        let gasp = session.farewell(because: .powerFail)
        #expect(
            gasp.map { String(decoding: $0.payload, as: UTF8.self) }
                == #"{"status":"offline","reason":"power-fail"}"#)
        for message in births + [will, farewell, gasp].compactMap(\.self) {
            #expect(message.topic == "armadio/cabinet-17/status")
            #expect(message.retain)
            #expect(message.qos == .atLeastOnce)
        }
    }
}
