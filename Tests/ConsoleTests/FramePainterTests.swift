import Testing

@testable import Console

struct FramePainterTests {
    private let size = TerminalSize(rows: 3, columns: 20)

    private func painter(showing lines: [StyledLine]) -> FramePainter {
        var painter = FramePainter(isColourful: true)
        _ = painter.paint(lines, on: size)
        return painter
    }

    @Test func theFirstFrameIsSentWhole() {
        var painter = FramePainter(isColourful: true)
        let sent = painter.paint(["one", "", "three"], on: size)
        #expect(sent == "\u{1B}[0m\u{1B}[H\u{1B}[2J\u{1B}[1Hone\u{1B}[3Hthree")
    }

    @Test func whatIsAsItWasIsNotSent() {
        var painter = painter(showing: ["one", "two"])
        #expect(painter.paint(["one", "two"], on: size) == "")
    }

    @Test func onlyTheCellsThatChangedAreSent() {
        var painter = painter(showing: ["value 12 V", "two"])
        #expect(painter.paint(["value 13 V", "two"], on: size) == "\u{1B}[1;8H3")
        #expect(painter.paint(["value 13", "two"], on: size) == "\u{1B}[1;9H\u{1B}[K")
        #expect(painter.paint(["value 13"], on: size) == "\u{1B}[2H\u{1B}[K")
    }

    @Test func aFewCellsBetweenAreCheaperThanAJump() {
        var painter = painter(showing: ["a b                c"])
        #expect(painter.paint(["x y                z"], on: size) == "\u{1B}[1Hx y\u{1B}[1;20Hz")
    }

    @Test func looksAreSetAndTakenBack() {
        var painter = painter(showing: [])
        let line: StyledLine = {
            var line: StyledLine = "a "
            line.append("bad", .red)
            return line
        }()
        #expect(painter.paint([line], on: size) == "\u{1B}[1Ha \u{1B}[0;1;31mbad\u{1B}[0m")
        var plain = FramePainter(isColourful: false)
        #expect(plain.paint([line], on: size).hasSuffix("\u{1B}[1Ha \u{1B}[0;1mbad\u{1B}[0m"))
    }

    @Test func anotherSizeIsSentWhole() {
        var painter = painter(showing: ["a line that is long"])
        let sent = painter.paint(["a line that is long"], on: TerminalSize(rows: 2, columns: 6))
        #expect(sent == "\u{1B}[0m\u{1B}[H\u{1B}[2J\u{1B}[1Ha line")
    }

    @Test func whatIsTooLongIsCutOffAlsoAWideCharacter() {
        var painter = painter(showing: [])
        #expect(
            painter.paint(["1234567890123456789\u{4E2D}"], on: size)
                == "\u{1B}[1H1234567890123456789")
        #expect(
            painter.paint(["1234567890123456789x", "\u{4E2D}b"], on: size).hasSuffix(
                "\u{1B}[1;20Hx\u{1B}[2H\u{4E2D}b"))
        #expect(
            painter.paint(["1234567890123456789x", "\u{4E2E}b"], on: size) == "\u{1B}[2H\u{4E2E}")
    }

    @Test func nothingThatATerminalObeysComesThrough() {
        var painter = painter(showing: [])
        let evil: StyledLine = "x\u{1B}]0;own\u{7}\u{9B}2J\r\n\u{202E}\u{200B}y"
        let sent = painter.paint([evil], on: TerminalSize(rows: 3, columns: 20))
        #expect(sent == "\u{1B}[1Hx?]0;own??2J???y")
    }

    @Test(arguments: [
        ("abc", 3), ("\u{E9}", 1), ("e\u{301}", 1), ("\u{4E2D}\u{6587}", 4), ("\u{1F600}", 2),
        ("", 0),
    ]) func widthsAreThoseOfATerminal(text: String, width: Int) {
        #expect(displayWidth(text) == width)
        #expect(printable(text) == text)
    }

    @Test func textsAreMadeToFit() {
        #expect(fitted("abc", 5) == "abc  ")
        #expect(fitted("abc", 5, onRight: true) == "  abc")
        #expect(fitted("abcdef", 4) == "abc~")
        #expect(fitted("\u{4E2D}\u{6587}x", 4) == "\u{4E2D}~ ")
        #expect(fitted("abc", 0) == "")
        #expect(fitted("a\u{1B}[2Jb", 9) == "a?[2Jb   ")
        #expect(printable("a" + String(repeating: "\u{301}", count: 40)) == "?")
    }
}
