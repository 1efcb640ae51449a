import Settings
import Telemetry
import Testing

/// Decodes a text as a type, outside any cabinet.
private func decode<T: Decodable>(_ type: T.Type, _ text: String) -> (value: T?, problems: [String])
{
    let file = SettingsFile(text: text, name: "f")
    let value = file.root?.decode(type)
    return (value, file.problems.map(\.description))
}

@Suite struct DecoderTests {
    struct Everything: Decodable {
        var int8: Int8
        var uint64: UInt64
        var double: Double
        var text: String
        var flag: Bool
        var list: [UInt16]
        var groups: [[String: Int]]
        var responseTimeout: Duration
        var size: ByteSize?
        var unit: Unit
    }

    @Test func scalarsAreWhatTheTypeSays() throws {
        let (value, problems) = decode(
            Everything.self,
            """
            int8: -128
            uint64: 0xFFFFFFFFFFFFFFFF
            double: -1.5e-3
            text: 0123
            flag: true
            list: [1, 0x10]
            groups:
            - a: 1
              B-c: 2
            response-timeout: 0.5s
            unit: "%RH"
            """)
        #expect(problems == [])
        let all = try #require(value)
        #expect(all.int8 == -128 && all.uint64 == .max && all.double == -0.0015)
        #expect(all.text == "0123" && all.flag && all.list == [1, 16])
        #expect(all.groups == [["a": 1, "B-c": 2]])
        #expect(all.responseTimeout == .milliseconds(500) && all.size == nil)
    }

    @Test(arguments: ["no", "0123", "1e3", "null", "~", "2026-01-01", "0x10", ".inf"])
    func noTextIsGuessedAt(_ text: String) {
        struct Name: Decodable { var name: String }
        #expect(decode(Name.self, "name: \(text)").value?.name == text)
    }

    @Test func oneMistakeHidesNoOther() {
        let (value, problems) = decode(
            Everything.self,
            "int8: 128\nuint64: -1\ndouble: x\nflag: no\nlist: [1, 65536, z]\ngroups: {}\nunit: parsec\n"
        )
        #expect(value != nil)
        #expect(
            problems == [
                "f:1:1: `response-timeout` is missing in the configuration; "
                    + "add `response-timeout: ...`",
                "f:1:1: `text` is missing in the configuration; add `text: ...`",
                "f:1:7: `int8` is 128, which is out of range; write a number from -128 to 127",
                "f:2:9: `uint64` is -1, which is out of range; "
                    + "write a number from 0 to 18446744073709551615",
                "f:3:9: `double`: `x` is not a number; "
                    + "write digits, with a decimal point if need be, such as 0.5",
                "f:4:7: `flag` cannot be `no`; write false",
                "f:5:11: item 2 of `list` is 65536, which is out of range; "
                    + "write a number from 0 to 65535",
                "f:5:18: item 3 of `list`: `z` is not a whole number; write digits only, such as 12",
                "f:6:9: `groups` must be a list; write it as [a, b]",
                "f:7:7: `unit`: `parsec` is not a unit of the SenML registry; "
                    + "use a symbol such as V, A, W, kWh, Hz, Cel, %RH",
            ])
    }

    struct BitRange: Decodable {
        var low: Int
        var high: Int
        init(from decoder: any Decoder) throws {
            enum Keys: CodingKey { case low, high }
            let container = try decoder.container(keyedBy: Keys.self)
            low = try container.decode(Int.self, forKey: .low)
            high = try container.decode(Int.self, forKey: .high)
            guard low < high else {
                throw DecodingError.dataCorruptedError(
                    forKey: .high, in: container, debugDescription: "high must be above low")
            }
        }
    }

    @Test func whatATypeRefusesStandsAtItsPlaceAndHidesNoNeighbour() {
        let (_, problems) = decode(
            NamedList<BitRange>.self,
            "a: {low: 3, high: 1}\nb: {low: x, high: 1}\nc: {low: 9, high: 2}\nd: {low: 0, high: 4}\n"
        )
        #expect(
            problems == [
                "f:1:19: high must be above low",
                "f:2:10: `low`: `x` is not a whole number; write digits only, such as 12",
                "f:3:19: high must be above low",
            ])
    }

    @Test func oneValueOrAList() {
        struct Options: Decodable { var sizes: OneOrMore<UInt8> }
        #expect(decode(Options.self, "sizes: 3\n").value?.sizes.elements == [3])
        #expect(decode(Options.self, "sizes: [3, 4]\n").value?.sizes.elements == [3, 4])
        #expect(
            decode(Options.self, "sizes: [3, 256]\n").problems == [
                "f:1:12: item 2 of `sizes` is 256, which is out of range; "
                    + "write a number from 0 to 255"
            ])
        #expect(
            decode(Options.self, "sizes: {a: 1}\n").problems == [
                "f:1:8: `sizes` is a group of keys; write a whole number"
            ])
    }

    @Test func enumerationsListTheirChoices() {
        enum Baud: Int, CaseIterable, Decodable { case slow = 9600, fast = 19200 }
        enum Open: String, Decodable { case a, b }
        struct Line: Decodable {
            var baud: Baud
            var open: Open?
        }
        #expect(decode(Line.self, "baud: 19200\nopen: b\n").value?.baud == .fast)
        #expect(
            decode(Line.self, "baud: 1920\n").problems == [
                "f:1:7: `baud` cannot be `1920`; did you mean `19200`? possible: 9600, 19200"
            ])
        #expect(decode(Line.self, "baud: 9600\nopen: c\n").problems.count == 1)
    }

    @Test func keyKnownToOneOfSeveralDecodesIsKnown() {
        struct First: Decodable { var a: Int }
        struct Second: Decodable { var b: Int }
        let file = SettingsFile(text: "device: {a: 1, b: 2, c: 3}\n", name: "f")
        let device = file.root?["device"]
        _ = file.root?.decode(NamedList<First>.self)
        #expect(device?.decode(Second.self)?.b == 2)
        #expect(
            file.problems.map(\.description) == [
                "f:1:22: unknown key `c` in `device`; remove it"
            ])
    }

    @Test func openNodeHasNoUnknownKeys() {
        struct First: Decodable { var a: Int }
        let file = SettingsFile(text: "a: 1\nb: 2\n", name: "f")
        _ = file.root?.decode(First.self)
        file.root?.leaveOpen()
        #expect(file.problems.isEmpty)
        _ = file.root?.decode(First.self)
        #expect(file.problems.count == 1)
    }

    @Test func laterProblemsStandAtTheirPathAndNotOnPlaceholders() {
        let file = SettingsFile(text: "list:\n- a: 1\n- a: x\n", name: "f")
        struct Item: Decodable { var a: Int }
        struct List: Decodable { var list: [Item] }
        _ = file.root?.decode(List.self)
        file.report(SettingsProblem(path: ["list", "1", "a"], what: "follows from the x"))
        file.report(SettingsProblem(path: ["list", "0", "a"], what: "one", mend: "two"))
        file.report(SettingsProblem(path: ["list", "0", "z"], what: "nothing there"))
        #expect(
            file.problems.map(\.description) == [
                "f:2:3: nothing there", "f:2:6: one; two",
                "f:3:6: `a`: `x` is not a whole number; write digits only, such as 12",
            ])
    }

    @Test func problemsBeyondTheLimitAreCounted() {
        let text = (0..<1000).map { "k\($0): x\n" }.joined()
        let problems = decode(NamedList<Int>.self, text).problems
        #expect(problems.count == SettingsLimits.problems + 1)
        #expect(problems.last?.hasSuffix("and 800 more problems; mend these first") == true)
    }
}
