import Telemetry
import TestSupport
import Testing
import Uplink

@testable import Receiver

@Suite struct SenMLDecoderTests {
    private static let good = """
        [{"bn":"cab/meter/","bt":1700000000.25,"n":"voltage","u":"V","v":230.1},
         {"n":"count","v":7,"t":0.01},
         {"bn":"cab/door/","n":"open","vb":true},
         {"n":"name","vs":"caf\\u00e9 \\ud83d\\ude00 \\u0000"},
         {"n":"big","v":18446744073709551615},
         {"n":"state/quality","vs":"timeout","t":-0.5}]
        """

    private func readings(_ batch: ReceivedBatch) throws -> [ReceivedReading] {
        guard case .readings(let readings) = batch.content else { throw Refusal("a gap") }
        return readings
    }

    @Test func readsWhatASessionWrites() throws {
        let batch = try ReceiverFixture.decode(
            ReceiverFixture.message(
                Self.good, identity: ReceiverFixture.identity(first: 10, count: 6)))
        #expect(batch.stream == ReceiverFixture.stream)
        #expect(batch.span == 10..<16)
        let readings = try readings(batch)
        #expect(readings.map(\.sequence) == Array(10..<16))
        #expect(readings.map(\.device) == ["meter", "meter", "door", "door", "door", "door"])
        #expect(
            readings.map(\.point) == ["voltage", "count", "open", "name", "big", "state"])
        #expect(
            readings.map(\.value) == [
                .double(230.1), .int64(7), .bool(true), .string("café 😀 \u{FFFD}"), .uint64(.max),
                nil,
            ])
        #expect(readings.map(\.quality) == Array(repeating: "good", count: 5) + ["timeout"])
        #expect(readings[0].unit == "V" && readings[1].unit == nil)
        let times = readings.map { $0.time?.nanosecondsSince1970 }
        #expect(
            times[0] == 1_700_000_000_250_000_000 && times[1] == 1_700_000_000_260_000_000
                && times[5] == 1_699_999_999_750_000_000)
    }

    @Test func findsTheIdentityInTheFirstRecord() throws {
        let batch = try ReceiverFixture.decode(
            ReceiverFixture.message(
                "[{\"bn\":\"cab/m/\",\"epoch\":\"0000000000000abc-3\",\"first\":4,\"count\":9,"
                    + "\"numbers\":\"1+2,8\",\"n\":\"a\",\"v\":1},{\"n\":\"b\",\"v\":2},"
                    + "{\"n\":\"c\",\"v\":3}]", contentType: nil))
        #expect(batch.span == 4..<13)
        #expect(try readings(batch).map(\.sequence) == [5, 6, 12])
    }

    @Test func countsRelativeTimesFromTheArrival() throws {
        let batch = try ReceiverFixture.decode(
            ReceiverFixture.message(
                "[{\"bn\":\"cab/m/\",\"bt\":-5,\"clock\":\"unsynchronized\",\"n\":\"a\",\"v\":1},"
                    + "{\"n\":\"b\",\"v\":2,\"t\":2}]",
                identity: ReceiverFixture.identity(first: 0, count: 2)))
        let readings = try readings(batch)
        #expect(readings[0].time == ReceiverFixture.arrival + .seconds(-5))
        #expect(readings[1].time == ReceiverFixture.arrival + .seconds(-3))
        #expect(readings[1].clock == "unsynchronized")
    }

    @Test func leavesATimeOutThatNobodyKnows() throws {
        let batch = try ReceiverFixture.decode(
            ReceiverFixture.message(
                "[{\"bn\":\"cab/m/\",\"clock\":\"unsynchronized\",\"n\":\"a\",\"v\":1}]",
                identity: ReceiverFixture.identity(first: 0, count: 1)))
        #expect(try readings(batch)[0].time == nil)
    }

    @Test func readsAGap() throws {
        let batch = try ReceiverFixture.decode(
            ReceiverFixture.message(
                "[{\"bn\":\"cab/\",\"bt\":1,\"n\":\"gap\",\"v\":3,\"reason\":\"journal-full\"}]",
                identity: ReceiverFixture.identity(first: 7, count: 3)))
        #expect(batch.content == .gap("journal-full") && batch.span == 7..<10)
    }

    @Test func takesAMessageWhoseReadingsWereAllLeftOut() throws {
        #expect(throws: Refusal.self) {
            try ReceiverFixture.decode(
                ReceiverFixture.message(
                    "[]", identity: ReceiverFixture.identity(first: 7, count: 3, numbers: "")))
        }
    }

    @Test(arguments: [
        "", "[", "[]", "{}", "null", "[{}]", "[{\"n\":\"a\"}]", "[{\"n\":\"a\",\"v\":1}] x",
        "[{\"n\":\"a\",\"v\":01}]", "[{\"n\":\"a\",\"v\":1.}]", "[{\"n\":\"a\",\"v\":1e}]",
        "[{\"n\":\"a\",\"v\":-}]", "[{\"n\":\"a\",\"v\":1e999}]", "[{\"n\":\"a\",\"v\":NaN}]",
        "[{\"n\":\"a\",\"v\":\"1\"}]", "[{\"n\":\"\",\"v\":1}]", "[{\"n\":\"a\",\"v\":1},]",
        "[{\"n\":\"a\",\"v\":1},{\"n\":\"b\",\"v\":1}]",
        "[{\"bn\":\"other/m/\",\"n\":\"a\",\"v\":1}]",
        "[{\"n\":\"a\",\"v\":1,\"bt\":1e30}]", "[{\"n\":\"a\",\"v\":1,\"t\":99999999999999999999}]",
        "[{\"n\":\"a\",\"v\":1,\"must_\":1}]", "[{\"n\":\"a\",\"v\":1,\"bv\":1}]",
        "[{\"n\":\"a/quality\",\"v\":1}]", "[{\"n\":\"a\\", "[{\"n\":\"a\\u12",
        "[{\"n\":\"a\\x\"}]",
        "[{\"n\":\"a\nb\",\"v\":1}]",
        "[{\"n\":\"a\",\"v\":1,\"x\":"
            + String(repeating: "[", count: 100_000),
    ])
    func refusesNonsense(_ payload: String) {
        #expect(throws: Refusal.self) {
            try ReceiverFixture.decode(
                ReceiverFixture.message(
                    payload, identity: ReceiverFixture.identity(first: 0, count: 1)))
        }
    }

    @Test(arguments: [
        ("0", "0", nil), ("9223372036854775807", "2", nil), ("18446744073709551615", "1", nil),
        ("-1", "1", nil), ("0", "3", "0+4"), ("0", "3", "1,0"), ("0", "3", "0+0"), ("0", "3", ","),
        ("0", "3", "0+1+1"), ("0", "3", "0+18446744073709551615"), ("0", "1", "x"),
        ("0", "2", "0+2"), ("x", "1", nil),
    ])
    func refusesIdentitiesThatCannotBe(_ first: String, _ count: String, _ numbers: String?) {
        var identity: [(name: String, value: String)] = [
            ("epoch", ReceiverFixture.epoch.description), ("first", first), ("count", count),
        ]
        if let numbers { identity.append(("numbers", numbers)) }
        #expect(throws: Refusal.self) {
            try ReceiverFixture.decode(
                ReceiverFixture.message(
                    "[{\"bn\":\"cab/m/\",\"n\":\"a\",\"v\":1}]", identity: identity))
        }
    }

    @Test func refusesOtherTopicsGatewaysAndTypes() {
        let payload = "[{\"bn\":\"cab/m/\",\"n\":\"a\",\"v\":1}]"
        let identity = ReceiverFixture.identity(first: 0, count: 1)
        var wrongTopic = ReceiverFixture.message(payload, identity: identity)
        wrongTopic.topic = "armadio//telemetry"
        var otherGateway = ReceiverFixture.message(payload, identity: identity)
        otherGateway.topic = "armadio/other/telemetry"
        for message in [
            wrongTopic, otherGateway,
            ReceiverFixture.message(payload, identity: identity, contentType: "text/plain"),
            ReceiverFixture.message(
                payload, identity: identity, contentType: "application/senml+json; encoding=zip"),
        ] {
            #expect(throws: Refusal.self) { try ReceiverFixture.decode(message) }
        }
    }

    @Test func neverTrapsOnTurnedBytes() throws {
        var random = SplitMix(seed: 7)
        let identity = ReceiverFixture.identity(first: 10, count: 6)
        var refused = 0
        for _ in 0..<20_000 {
            var message = ReceiverFixture.message(Self.good, identity: identity)
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: 0..<message.payload.count, using: &random)
                message.payload[place] = UInt8.random(in: 0...255, using: &random)
            }
            do {
                let batch = try ReceiverFixture.decode(message)
                guard case .readings(let readings) = batch.content else { continue }
                try #require(readings.count == 6)
            } catch is Refusal {
                refused += 1
            }
        }
        #expect(refused > 10_000)
    }

    @Test func numbersAreTheNearestDoubles() throws {
        var random = SplitMix(seed: 11)
        for _ in 0..<20_000 {
            let digits = (0..<Int.random(in: 1...22, using: &random))
                .map { _ in String(Int.random(in: 0...9, using: &random)) }.joined()
            let text = "1\(digits).5\(digits)e\(Int.random(in: -320...280, using: &random))"
            var scanner = JSONScanner(Array(text.utf8))
            let number = try scanner.number()
            #expect(number.double == Double(text), "\(text)")
        }
    }
}
