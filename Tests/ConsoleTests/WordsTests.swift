import Console
import Testing

struct WordsTests {
    @Test(arguments: [
        (0.04, "0.0 s"), (1.5, "1.5 s"), (59, "59 s"), (60, "1 min"), (725, "12 min 5 s"),
        (3600, "1 h"), (90_000, "1 d 1 h"),
    ]) func spansAreSaidInTheirTwoLargestUnits(seconds: Double, words: String) {
        #expect(timeSpan(seconds) == words)
    }

    @Test(arguments: [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (12_897_485, "12.3 MiB")])
    func sizesHaveOneDecimal(bytes: UInt64, words: String) {
        #expect(byteSize(bytes) == words)
    }

    @Test func numbersStandRightAndTextsLeft() {
        #expect(
            table(["NAME", "N"], [["a", "10"], ["bcd", "-"]]) == """
                NAME   N
                a     10
                bcd    -
                """)
    }
}
