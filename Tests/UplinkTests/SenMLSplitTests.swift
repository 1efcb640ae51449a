import Telemetry
import TestSupport
import Testing

@testable import Uplink

/// A batch that is too long for one message becomes several, and every reading is in one of them.
@Suite struct SenMLSplitTests {
    @Test(arguments: [ProtocolVersion.v5, .v311], [1024, 1500, 4096])
    func partsAreWithinTheLimitAndTheirIdentitiesAdjoin(
        version: ProtocolVersion, limit: Int
    ) throws {
        var fixture = SenMLFixture()
        fixture.protocolVersion = version
        fixture.byteLimit = limit
        for index in 0..<300 {
            try fixture.add(
                .int64(Int64(index)), "device-\(index / 7)", "point-\(index % 11)", "V",
                after: Double(index) / 1000)
        }
        let parts = fixture.encodeAll()
        var next = fixture.firstSequence
        for part in parts {
            #expect(part.message.payload.count <= limit)
            #expect(part.text.split(separator: "{").count - 1 == part.items)
            if version == .v5 { #expect(part.properties.contains("first=\(next)")) }
            next += UInt64(part.items)
        }
        #expect(next == fixture.firstSequence + 300)
        #expect(parts.count > 1)
    }

    /// Each part is a whole SenML pack: its first record has name and time again.
    @Test func everyPartStandsForItself() throws {
        var fixture = SenMLFixture()
        fixture.byteLimit = 1024
        for index in 0..<40 { try fixture.add(.int64(Int64(index)), after: Double(index)) }
        let parts = fixture.encodeAll()
        #expect(parts.count == 2)
        let second = try #require(parts.last)
        let index = parts[0].items
        #expect(
            second.text.hasPrefix(
                #"[{"bn":"cabinet-17/meter/","bt":\#(1_700_000_000 + index),"#
                    + #""n":"voltage","u":"V","v":\#(index)},"#))
    }

    @Test func smallLimitStillTakesOneKibibyte() throws {
        var fixture = SenMLFixture()
        fixture.byteLimit = 1
        for index in 0..<10 { try fixture.add(.int64(Int64(index))) }
        #expect(fixture.encodeAll().map(\.items) == [10])
    }

    @Test func oversizedTextBecomesUnrepresentableAndStopsNothing() throws {
        var fixture = SenMLFixture()
        fixture.byteLimit = 1024
        try fixture.add(.int64(1))
        try fixture.add(.string(String(repeating: "x", count: 5000)), "meter", "label", "")
        try fixture.add(.int64(3))
        let parts = fixture.encodeAll()
        #expect(parts.map(\.items) == [1, 2])
        #expect(
            parts.last?.text == #"[{"bn":"cabinet-17/meter/","bt":1700000000,"#
                + #""n":"label/quality","vs":"unrepresentable"},"#
                + #"{"n":"voltage","u":"V","v":3}]"#)
    }

    /// The limit to the byte: a text that just fits is sent, one more byte is not.
    @Test(arguments: [ProtocolVersion.v5, .v311])
    func textOfAnyLengthStaysWithinTheLimit(version: ProtocolVersion) throws {
        var longest = 0
        for length in 800...1024 {
            var fixture = SenMLFixture()
            fixture.protocolVersion = version
            fixture.byteLimit = 1024
            try fixture.add(.string(String(repeating: "x", count: length)), "meter", "label", "")
            let part = try #require(fixture.encode())
            #expect(part.message.payload.count <= 1024)
            if part.text.contains("xx") { longest = part.message.payload.count }
        }
        #expect(longest == 1024)
    }

    /// The same for a whole batch: wherever its end falls, the limit holds.
    @Test func lastRecordEndsWithinTheLimit() throws {
        var longest = 0
        for length in 800...1000 {
            var fixture = SenMLFixture()
            fixture.byteLimit = 1024
            try fixture.add(.int64(1))
            try fixture.add(
                .string(String(repeating: "x", count: length)), "meter", "label", "", after: 1)
            let part = try #require(fixture.encode())
            #expect(part.message.payload.count <= 1024)
            longest = max(longest, part.message.payload.count)
        }
        #expect(longest == 1024)
    }
}
