import Telemetry

/// All of a board as a page of text: headers, and the names that a configuration can use.
public struct BoardSheet: Sendable {
    /// What the page is wide at most, unless one word is longer.
    public static let width = 80
    private static let indent = 10

    private let map: PinMap
    private var board: Board { map.board }

    /// The page of a board, with the header as the map has it.
    public init(_ map: PinMap) {
        self.map = map
    }

    /// The page's lines.
    public var text: [String] {
        var lines = wrapped(board.name, board.title, at: 0) + [""] + map.text
        lines += section("lines", board.lines.entries.map(row))
        lines += section("I2C", board.buses.entries.map(row))
        lines += section("serial", board.serial.entries.map(row))
        lines += section("watchdog", board.watchdog.map { [($0, "")] } ?? [])
        lines += section("RTC", board.rtc.map { [row($0)] } ?? [])
        lines += section("LEDs", board.leds.entries.map { ($0.name, $0.value) })
        lines += section("notes", board.notes.map { ("", $0) })
        lines += section("from", board.source.map { ("", $0) })
        return lines
    }

    private typealias Row = (name: String, text: String)

    private func row(_ entry: NamedList<BoardLine>.Entry) -> Row {
        let address = board.address(of: entry.value).map { "\($0)" } ?? ""
        let user = map.users[.line(entry.name)].map { "* " + $0 }
        return (entry.name, join([address, user ?? entry.value.function]))
    }

    private func row(_ entry: NamedList<Board.Port>.Entry) -> Row {
        (entry.name, join([entry.value.path, entry.value.note]))
    }

    private func row(_ clock: Board.Clock) -> Row {
        let address = clock.address.map { "at 0x" + String($0, radix: 16) }
        return (clock.chip, join([clock.bus, address, clock.note]))
    }

    private func join(_ parts: [String?]) -> String {
        parts.compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: "  ")
    }

    /// Rows beside their heading, the names as wide as the widest.
    private func section(_ heading: String, _ rows: [Row]) -> [String] {
        let width = rows.map(\.name.count).max() ?? 0
        return rows.enumerated().flatMap { index, row in
            let name = row.name + String(repeating: " ", count: width - row.name.count)
            let text = join([width > 0 ? name : nil, row.text])
            return wrapped(index == 0 ? heading : "", text, at: Self.indent)
        }
    }

    /// Text behind a heading, broken between words, what follows in the column where it began.
    private func wrapped(_ heading: String, _ text: String, at column: Int) -> [String] {
        let start = heading + String(repeating: " ", count: max(2, column - heading.count))
        var lines = [start]
        let margin = String(repeating: " ", count: start.count)
        for word in text.split(separator: " ", omittingEmptySubsequences: false) {
            let line = lines[lines.count - 1]
            if line.count > margin.count, line.count + 1 + word.count > Self.width {
                lines.append(margin + word)
            } else {
                lines[lines.count - 1] += (line.count > margin.count ? " " : "") + word
            }
        }
        return lines.map { String($0.reversed().drop { $0 == " " }.reversed()) }
    }
}
