import Boards
import Settings
import Testing
import TestSupport

/// The drawn boards, as `Maps/NAME.txt` has them.
@Suite struct PinMapTests {
    private static let uses = [
        LineUse(user: "doors/front", line: "GPIO17"),
        LineUse(user: "doors/back", line: "pin-13"),
        LineUse(user: "doors/tamper", line: "pinctrl-bcm2711:27"),
        LineUse(user: "pulses/energy-of-the-whole-cabinet", line: "J8-12"),
        LineUse(user: "pulses/elsewhere", line: "other:3"),
    ]

    @Test(arguments: [("raspberry-pi-4b", uses), ("beaglebone-black", [])])
    func isDrawn(name: String, uses: [LineUse]) throws {
        let board = try BoardTests.board(name)
        let drawn = BoardSheet(PinMap(board, users: board.users(of: uses))).text
        let path = TestProcess.packageFolder + "/Tests/BoardsTests/Maps/\(name).txt"
        let expected = try #require(SettingsFile.text(path: path))
        #expect(drawn.joined(separator: "\n") + "\n" == expected)
    }

    /// Whatever a point is called, a terminal of 80 columns does not break the rows.
    @Test(arguments: BoardTests.names) func fitsATerminal(_ name: String) throws {
        let board = try BoardTests.board(name)
        let long = String(repeating: "device/", count: 20)
        let users = Dictionary(
            board.places.map { ($0.place, long) }, uniquingKeysWith: { first, _ in first })
        #expect(PinMap(board, users: users).text.allSatisfy { $0.count <= 80 })
        #expect(BoardSheet(PinMap(board)).text.allSatisfy { $0.count <= 80 })
    }

    /// Colour is added to the text and changes none of it.
    @Test func colourIsAdded() throws {
        let board = try BoardTests.board("raspberry-pi-4b")
        let users = board.users(of: Self.uses)
        let plain = PinMap(board, users: users).text
        let coloured = PinMap(board, users: users, isColourful: true).text
        #expect(plain.allSatisfy { !$0.contains("\u{1B}") })
        let row = try #require(coloured.first { $0.contains("doors/front") })
        #expect(row.hasPrefix("\u{1B}[1;32m"))
        let stripped = coloured.map { line in
            var text = line.replacing(/\u{1B}\[[0-9;]*m/, with: "")
            while text.last == " " { text.removeLast() }
            return text
        }
        #expect(stripped == plain)
    }
}
