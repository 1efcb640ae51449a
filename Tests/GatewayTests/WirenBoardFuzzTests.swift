import Drivers
import TestSupport
import Testing

/// Damaged templates are refused or imported, and never trap; what is imported is taken by the
/// register map.
@Suite struct WirenBoardFuzzTests {
    /// Values that stand where they should not.
    private static let odd = [
        "-1", "1e308", "-1e308", "1e-320", "0", "65535", "65536", "99999999999999999999", "null",
        "true", "\"\"", "\"0x\"", "\"0xFFFFFFFFFFFFFFFF\"", "\"0x10:63:64\"", "\"1:2:3:4\"",
        "\"::\"", "[]", "{}", "[[[]]]", "\"\\ud800\"", "\"((((\"", "\"a==1||\"", "\"-\"",
        "\"string\"", "\"s64\"", "\"little_endian\"", "\"coil\"", "125", "126", "\"pushbutton\"",
    ]

    private func isTaken(_ bytes: [UInt8], _ file: String) throws -> Bool {
        let profile: WirenBoardImport
        do throws(TemplateFlaw) {
            profile = try WirenBoardImport(bytes, file: file)
        } catch {
            #expect(!error.what.isEmpty && !error.mend.isEmpty)
            return false
        }
        do {
            _ = try WirenBoardImportTests.plan(profile)
        } catch {
            Issue.record("\(file): \(error.problems.map(\.description))\n\(profile.text)")
        }
        return true
    }

    @Test(arguments: WirenBoardImportTests.files)
    func aTemplateThatIsCutIsRefused(file: String) throws {
        let bytes = try WirenBoardImportTests.bytes(file)
        let end = try #require(bytes.lastIndex(of: UInt8(ascii: "}")))
        for length in stride(from: 0, through: end, by: 7) {
            #expect(throws: TemplateFlaw.self) {
                try WirenBoardImport(Array(bytes[..<length]), file: file)
            }
        }
    }

    @Test(arguments: WirenBoardImportTests.files)
    func aByteThatIsWrongDoesNoHarm(file: String) throws {
        var random = SplitMix(seed: 11)
        let bytes = try WirenBoardImportTests.bytes(file)
        var taken = 0
        for _ in 0..<400 {
            var damaged = bytes
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let place = Int.random(in: damaged.indices, using: &random)
                damaged[place] = UInt8.random(in: 0...255, using: &random)
            }
            taken += try isTaken(damaged, file) ? 1 : 0
        }
        #expect(taken > 0)
    }

    /// What a template may cost is bounded, whatever it consists of.
    @Test(
        .timeLimit(.minutes(1)),
        arguments: [
            // An enumeration without end, in as many parts.
            "{\"name\": \"A\", \"enum\": [\(list("1", 100_000))], \"enum_titles\": "
                + "[\(list("\"a\"", 100_000))], \"consists_of\": [\(list("{\"address\": 1}", 9000))]}",
            list("{\"name\": \"A\", \"address\": 1}", 60_000),
            "{\"name\": \"\(String(repeating: "a", count: 2_000_000))\", \"consists_of\": "
                + "[\(list("{\"address\": 1}", 9000))]}",
            "{\"address\": 1, \(list("\"a\": 1", 9000)), \"consists_of\": [{}]}, {\"address\": 2}",
        ])
    func aHugeTemplateIsBounded(channels: String) throws {
        let text = "{\"device\": {\"channels\": [\(channels)]}}"
        let profile = try WirenBoardImport(Array(text.utf8), file: "config-huge.json")
        #expect((1...4096).contains(profile.pointCount))
        let names = profile.lines.dropFirst().compactMap { $0.split(separator: ":").first }
        #expect(Set(names).count == profile.pointCount)
    }

    private static func list(_ element: String, _ count: Int) -> String {
        Array(repeating: element, count: count).joined(separator: ",")
    }

    /// Every value of a template in turn becomes something odd.
    @Test(arguments: WirenBoardImportTests.files)
    func aValueThatIsWrongDoesNoHarm(file: String) throws {
        var random = SplitMix(seed: 12)
        let text = String(decoding: try WirenBoardImportTests.bytes(file), as: UTF8.self)
        var taken = 0
        for match in text.matches(of: /":\s*("[^"]*"|[-0-9.e]+)/) {
            let value = try #require(Self.odd.randomElement(using: &random))
            let damaged = text.replacingCharacters(in: match.output.1, with: value)
            taken += try isTaken(Array(damaged.utf8), file) ? 1 : 0
        }
        #expect(taken > 10)
    }
}

extension String {
    fileprivate func replacingCharacters(in part: Substring, with text: String) -> String {
        String(self[..<part.startIndex]) + text + String(self[part.endIndex...])
    }
}
