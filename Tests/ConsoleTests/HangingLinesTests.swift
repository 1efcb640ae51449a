import Console
import Testing

/// Long lines on a narrow screen.
@Suite struct HangingLinesTests {
    @Test func breaksAtBlanksAndIndents() {
        #expect(
            hangingLines("one two three four", columns: 9, indent: 2) == [
                "one two", "  three", "  four",
            ])
        #expect(hangingLines("short", columns: 9, indent: 2) == ["short"])
        #expect(hangingLines("one two three", columns: nil) == ["one two three"])
    }

    @Test func keepsBlanksAtTheBeginning() {
        #expect(
            hangingLines("  -> one two three", columns: 10, indent: 5) == [
                "  -> one", "     two", "     three",
            ])
    }

    @Test func keepsLongWordsAndAlignment() {
        #expect(
            hangingLines("ca  /etc/armadio/ca.pem is gone", columns: 12, indent: 4) == [
                "ca", "    /etc/armadio/ca.pem", "    is gone",
            ])
        #expect(
            hangingLines("link     up for 3 s", columns: 16, indent: 9) == [
                "link     up for", "         3 s",
            ])
    }
}
