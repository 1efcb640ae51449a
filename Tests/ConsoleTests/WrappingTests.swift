import Console
import Testing

/// Long lines on a narrow screen.
@Suite struct WrappingTests {
    @Test func breaksAtBlanksAndIndents() {
        #expect(
            wrapped("one two three four", columns: 9, indent: 2) == [
                "one two", "  three", "  four",
            ])
        #expect(wrapped("short", columns: 9, indent: 2) == ["short"])
        #expect(wrapped("one two three", columns: nil) == ["one two three"])
    }

    @Test func keepsLongWordsAndAlignment() {
        #expect(
            wrapped("ca  /etc/armadio/ca.pem is gone", columns: 12, indent: 4) == [
                "ca ", "    /etc/armadio/ca.pem", "    is gone",
            ])
        #expect(
            wrapped("link     up for 3 s", columns: 16, indent: 9) == [
                "link     up for", "         3 s",
            ])
    }
}
