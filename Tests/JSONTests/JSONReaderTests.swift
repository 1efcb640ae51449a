import TestSupport
import Testing

@testable import JSON

/// JSON of somebody else: all that RFC 8259 has is read, and nothing else.
@Suite struct JSONReaderTests {
    private static func read(_ text: String) throws(JSONFlaw) -> JSONValue {
        try JSONReader.read(Array(text.utf8))
    }

    @Test(arguments: [
        ("true", JSONValue.bool(true)), ("false", .bool(false)), (" null\n", .null),
        ("0", .integer(0)), ("-0", .integer(0)), ("-17", .integer(-17)),
        ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)),
        ("18446744073709551615", .unsigned(.max)),
        ("18446744073709551616", .double(18446744073709551616)), ("1.0", .double(1)),
        ("-1.5e-3", .double(-0.0015)), ("1E+2", .double(100)), ("1e-400", .double(0)),
        (#""a\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00é""#, .string("a\"\\/\u{8}\u{C}\n\r\té😀é")),
        ("[]", .array([])), ("[1,[null ] ]", .array([.integer(1), .array([.null])])),
        (
            #"{ "a" : 1 , "" : {} }"#,
            .object(
                JSONObject(members: [
                    .init(name: "a", value: .integer(1)),
                    .init(name: "", value: .object(JSONObject())),
                ]))
        ),
    ])
    func whatTheStandardHasIsRead(text: String, expected: JSONValue) throws {
        #expect(try Self.read(text) == expected)
    }

    @Test(arguments: [
        "", " ", "tru", "True", "nul", "NaN", "Infinity", "+1", "01", "-", "1.", ".5", "1e", "1e+",
        "0x10", "1 2", "[1,]", "[1", "[,1]", "{", "{}}", #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#,
        "{a:1}", "{'a':1}", #"{"a":1 "b":2}"#, #"{"a":1,"a":2}"#, #"""#, #""\"#, #""\x""#,
        #""\u12""#, #""\u12g4""#, #""\ud83d""#, #""\ud83dx""#, #""\ud83d\u0041""#, #""\ude00""#,
        "\"a\tb\"", "\"a\u{0}\"", "1e400", "-1e400", "\u{FEFF}1", "// a\n1", "1//",
        String(repeating: "1", count: 65), "1\u{B}",
    ])
    func whatTheStandardDoesNotHaveIsRefused(text: String) {
        #expect(throws: JSONFlaw.self) { try Self.read(text) }
    }

    @Test(arguments: [[0x22, 0xFF, 0x22], [0x22, 0xC3, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x80]])
    func whatIsNotUTF8IsRefused(bytes: [UInt8]) {
        #expect(throws: JSONFlaw.self) { try JSONReader.read(bytes) }
    }

    @Test func nestingAndNumberOfValuesAreBounded() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        _ = try Self.read(nested(JSONReader.Limits.message.depth))
        #expect(throws: JSONFlaw.self) {
            try Self.read(nested(JSONReader.Limits.message.depth + 1))
        }
        #expect(throws: JSONFlaw.self) { try Self.read(String(repeating: "[", count: 1 << 20)) }
        #expect(throws: JSONFlaw.self) {
            try Self.read(String(repeating: #"{"a":"#, count: 1 << 18))
        }
        let zeros = String(repeating: "0,", count: JSONReader.Limits.message.values)
        #expect(throws: JSONFlaw.self) { try Self.read("[" + zeros + "0]") }
    }

    /// Nonsense, and sense with a byte of it changed, never traps; what is taken is the same when
    /// it is read again.
    @Test func nonsenseIsRefusedOrReadTheSameTwice() throws {
        var random = SplitMix(seed: 8259)
        let sense = Array(
            #"{"value":-21.5e1,"id":"a7\u00e9","ranges":[[1,2],[3,4]],"x":null,"y":true}"#.utf8)
        var taken = 0
        for round in 0..<20_000 {
            var bytes = sense
            if round % 2 == 0 {
                bytes = (0..<Int.random(in: 0...40, using: &random)).map { _ in
                    Array("{}[]\",:\\u0019eE+-.tfn \u{1}é".utf8).randomElement(using: &random) ?? 0
                }
            } else {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                bytes[place] = UInt8.random(in: 0...255, using: &random)
            }
            do throws(JSONFlaw) {
                let value = try JSONReader.read(bytes)
                #expect(try JSONReader.read(bytes) == value)
                taken += 1
            } catch {
                #expect(error.offset <= bytes.count)
            }
        }
        #expect(taken > 100)
    }
}
