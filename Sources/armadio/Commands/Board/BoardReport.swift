import Boards

/// A board as JSON.
struct BoardReport: Encodable {
    /// A pin or a line elsewhere.
    struct Line: Encodable {
        /// The header and the number on it; nil for a line elsewhere.
        var header: String?
        var pin: Int?
        var label: String
        /// The names that a configuration may call it by; empty if it is no line.
        var names: [String]
        var chip: String?
        var offset: UInt32?
        var function: String?
        /// The point that takes it.
        var user: String?
    }

    var board: String
    var title: String
    var compatible: [String]
    var lines: [Line]
    var buses: [String: Board.Port]
    var serial: [String: Board.Port]
    var watchdog: String?
    var rtc: Board.Clock?
    var leds: [String: String]
    var notes: [String]
    var source: [String]

    init(_ board: Board, users: [LinePlace: String]) {
        self.board = board.name
        (title, compatible) = (board.title, board.compatible)
        lines = Self.lines(board, users)
        buses = Self.dictionary(board.buses.entries.map { ($0.name, $0.value) })
        serial = Self.dictionary(board.serial.entries.map { ($0.name, $0.value) })
        (watchdog, rtc) = (board.watchdog, board.rtc)
        leds = Self.dictionary(board.leds.entries.map { ($0.name, $0.value) })
        (notes, source) = (board.notes, board.source)
    }

    /// The entries by name; a file has no name twice.
    private static func dictionary<Value>(_ entries: [(String, Value)]) -> [String: Value] {
        Dictionary(entries) { first, _ in first }
    }

    private static func lines(_ board: Board, _ users: [LinePlace: String]) -> [Line] {
        let pins = board.headers.entries.flatMap { header in
            header.value.pins.entries.compactMap { pin in
                Int(pin.name).map {
                    line(board, .pin(header: header.name, number: $0), pin.value, users)
                }
            }
        }
        return pins
            + board.lines.entries.map { line(board, .line($0.name), $0.value, users) }
    }

    private static func line(
        _ board: Board, _ place: LinePlace, _ line: BoardLine, _ users: [LinePlace: String]
    ) -> Line {
        var row = Line(
            label: line.label ?? "", names: line.isLine ? board.names(of: place, line) : [],
            function: line.function, user: users[place])
        switch place {
        case .pin(let header, let number): (row.header, row.pin) = (header, number)
        case .line(let name): row.label = line.label ?? name
        }
        if case .offset(let chip, let offset) = board.address(of: line) {
            (row.chip, row.offset) = (chip, offset)
        }
        return row
    }
}
