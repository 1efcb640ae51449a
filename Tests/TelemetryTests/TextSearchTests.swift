import Testing

@testable import Telemetry

/// Texts in texts, as the standard library's regular expressions would find them.
@Suite struct TextSearchTests {
    @Test func aTextIsFoundWhereItIsFirst() {
        let text = "mqtts://host://x"
        #expect(text.firstRange(of: "://").map { String(text[..<$0.lowerBound]) } == "mqtts")
        #expect(text.contains("host"))
        #expect(!text.contains("hosts"))
        #expect(text.dropFirst(8).contains("x"))
        #expect("aab".firstRange(of: "ab").map { String("aab"[$0]) } == "ab")
        #expect("".firstRange(of: "a") == nil)
        #expect("a".contains("") && "".contains(""))
    }

    @Test func everyPlaceIsReplaced() {
        #expect("a-b--c".replacing("-", with: "+-") == "a+-b+-+-c")
        #expect("1,5,7".replacing(",", with: ".", maxReplacements: 1) == "1.5,7")
        #expect("äöä".replacing("ä", with: "") == "ö")
        #expect("ab".replacing("", with: "-") == "ab")
    }

    @Test func partsAreWhatIsBetween() {
        #expect("a; b; c".parts(between: "; ") == ["a", "b", "c"])
        #expect("a; b; c".parts(between: "; ", maxSplits: 1) == ["a", "b; c"])
        #expect("ab".parts(between: "") == ["ab"])
        #expect("\n\na\n\n\n\n".parts(between: "\n\n") == ["a"])
    }
}
