import Testing

@testable import Console

struct KeyTests {
    private func keys(_ text: String) -> [Key] {
        var decoder = KeyDecoder()
        return decoder.take(text.utf8)
    }

    @Test(arguments: [
        ("a", Key.character("a")), ("/", .character("/")), (" ", .character(" ")),
        ("\u{3}", .control("c")), ("\r", .enter), ("\n", .enter), ("\t", .tab),
        ("\u{7F}", .backspace), ("\u{8}", .backspace), ("\u{1B}[A", .up), ("\u{1B}OA", .up),
        ("\u{1B}[B", .down), ("\u{1B}[C", .right), ("\u{1B}[D", .left), ("\u{1B}[5~", .pageUp),
        ("\u{1B}[6~", .pageDown), ("\u{1B}[H", .home), ("\u{1B}[1~", .home), ("\u{1B}OF", .end),
        ("\u{1B}[3~", .delete), ("\u{1B}[1;5A", .up), ("\u{1B}[5;2~", .pageUp),
        ("\u{E9}", .character("\u{E9}")), ("\u{20AC}", .character("\u{20AC}")),
        ("\u{1F600}", .character("\u{1F600}")),
    ]) func keysAreTold(bytes: String, key: Key) {
        #expect(keys(bytes) == [key])
    }

    @Test func sequencesMayComeByteByByte() {
        let bytes = Array("\u{1B}[A\u{E9}\u{1B}[6~x".utf8)
        var decoder = KeyDecoder()
        #expect(
            bytes.flatMap { decoder.take([$0]) } == [
                .up, .character("\u{E9}"), .pageDown, .character("x"),
            ])
        #expect(!decoder.isWaiting)
    }

    @Test func anEscapeAloneIsAKeyOnceNothingFollows() {
        var decoder = KeyDecoder()
        #expect(decoder.take([0x1B]) == [])
        #expect(decoder.isWaiting)
        #expect(decoder.timeOut() == [.escape])
        #expect(decoder.take("q".utf8) == [.character("q")])
        #expect(decoder.take([0x1B, 0x1B]) == [.escape])
        #expect(decoder.timeOut() == [.escape])
    }

    @Test func whatIsNoKeyIsNothing() {
        #expect(keys("\u{1B}[200~\u{1B}[?1;2c\u{1B}xq") == [.character("q")])
        var decoder = KeyDecoder()
        #expect(
            decoder.take([0xFF, 0xC3, 0x41, 0x80, 0x42]) == [.character("A"), .character("B")])
    }

    /// Half a million bytes of anything; what is kept stays small.
    @Test func noiseIsTakenIn() {
        var (decoder, state, keys) = (KeyDecoder(), UInt32(1), 0)
        for _ in 0..<500_000 {
            state = state &* 1_664_525 &+ 1_013_904_223
            keys += decoder.take([UInt8(state >> 24)]).count
        }
        #expect(keys > 100_000)
        keys =
            decoder.take([0x1B, 0x5B] + Array(repeating: UInt8(ascii: "1"), count: 100_000)).count
        #expect(decoder.take("q".utf8).contains(.character("q")) || keys > 0)
    }
}
