import JSON
import Testing

/// Values of Codable types as JSON, and back.
@Suite struct JSONCodingTests {
    private struct Inner: Codable, Equatable {
        var id: UInt64
        var ratio: Double?
    }

    private struct Outer: Codable, Equatable {
        var name: String
        var isOn: Bool
        var small: Int8
        var half: Float
        var list: [Inner]
        var table: [String: [Int]]
        var nothing: String?
        var gaps: [Int?]
    }

    private static let value = Outer(
        name: "a/b \"c\" \\ \u{1}\n\tü", isOn: true, small: -128, half: 0.1,
        list: [Inner(id: .max, ratio: 2), Inner(id: 0, ratio: -1.5e-7)],
        table: ["z": [], "a": [1, 2]], nothing: nil, gaps: [1, nil, 3])

    private func text(_ value: some Encodable, isPretty: Bool = false) throws -> String {
        String(decoding: try JSONEncoder(isPretty: isPretty).encode(value), as: UTF8.self)
    }

    private func read<T: Decodable>(_ type: T.Type, _ text: String) throws -> T {
        try JSONDecoder().decode(type, from: text.utf8)
    }

    @Test func oneLineIsSortedAndShort() throws {
        let expected =
            #"{"gaps":[1,null,3],"half":0.1,"isOn":true,"#
            + #""list":[{"id":18446744073709551615,"ratio":2},{"id":0,"ratio":-1.5e-07}],"#
            + #""name":"a/b \"c\" \\ \u0001\n\tü","small":-128,"table":{"a":[1,2],"z":[]}}"#
        #expect(try text(Self.value) == expected)
    }

    @Test func prettyHasALineForEachMember() throws {
        let pretty = try text(["b": ["x"], "a": []], isPretty: true)
        #expect(pretty == "{\n  \"a\" : [\n\n  ],\n  \"b\" : [\n    \"x\"\n  ]\n}")
    }

    @Test(arguments: [false, true]) func whatIsWrittenIsReadBack(isPretty: Bool) throws {
        #expect(try read(Outer.self, text(Self.value, isPretty: isPretty)) == Self.value)
    }

    @Test func numbersThatJSONDoesNotHaveAreRefused() {
        for number in [Double.nan, .infinity] {
            #expect(throws: EncodingError.self) { try text([number]) }
        }
    }

    /// A number beyond a double costs its own place, not the text.
    @Test func aHugeNumberIsRefusedWhereItIsWanted() throws {
        #expect(throws: DecodingError.self) { try read([Double].self, "[1,1e999]") }
        #expect(throws: DecodingError.self) { try read([Int].self, "[-1e999]") }
        #expect(try read(Inner.self, #"{"id":1,"more":1e999}"#) == Inner(id: 1))
    }

    @Test(arguments: ["128", "-129", "1.5", "\"1\"", "null", "true"])
    func whatDoesNotFitIsRefused(number: String) {
        #expect(throws: DecodingError.self) { try read(Int8.self, number) }
    }

    @Test func wholeNumbersMayHaveAPoint() throws {
        #expect(try read([Int].self, "[5.0, 1e3]") == [5, 1000])
        #expect(try read(Double.self, "7") == 7)
    }

    @Test func theErrorSaysWhere() throws {
        let error = #expect(throws: DecodingError.self) {
            try read([Inner].self, #"[{"id":1},{"id":"x"}]"#)
        }
        guard case .typeMismatch(_, let context) = error else {
            return #expect(Bool(false), "\(String(describing: error))")
        }
        #expect(context.codingPath.map(\.stringValue) == ["1", "id"])
    }

    @Test func textThatIsNoJSONIsAFlaw() {
        #expect(throws: JSONFlaw.self) { try read([Int].self, "[1,") }
        let deep = JSONDecoder.depthLimit + 1
        let text = String(repeating: "[", count: deep) + String(repeating: "]", count: deep)
        #expect(throws: JSONFlaw.self) { try read([Int].self, text) }
    }
}
