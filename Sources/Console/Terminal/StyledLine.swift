/// A line of a screen: characters with how they look. It holds nothing that a terminal would obey.
public struct StyledLine: Sendable, Hashable, ExpressibleByStringLiteral {
    /// How characters look.
    public enum Style: UInt8, Sendable, Hashable, CaseIterable {
        /// As usual.
        case plain
        /// Brighter; darker; with ground and ink changed places.
        case bold, dim, reverse
        /// Good, worth a look, wrong.
        case green, yellow, red

        /// ECMA-48's numbers. Without colours what is wrong is bright still.
        func code(isColourful: Bool) -> String {
            switch self {
            case .plain: "0"
            case .bold: "0;1"
            case .dim: "0;2"
            case .reverse: "0;7"
            case .green: isColourful ? "0;32" : "0"
            case .yellow: isColourful ? "0;33" : "0;1"
            case .red: isColourful ? "0;1;31" : "0;1"
            }
        }
    }

    /// A place on the screen. Behind a character of two columns is one without a character.
    struct Cell: Sendable, Hashable {
        var character: Character?
        var style: Style

        static let blank = Cell(character: " ", style: .plain)
    }

    private(set) var cells: [Cell] = []

    /// A line of one style.
    public init(_ text: String = "", _ style: Style = .plain) { append(text, style) }

    /// A line in the usual style.
    public init(stringLiteral text: String) { self.init(text) }

    /// Puts text behind it.
    public mutating func append(_ text: String, _ style: Style = .plain) {
        for character in text {
            let width = columns(of: character)
            cells.append(Cell(character: width == nil ? "?" : character, style: style))
            if width == 2 { cells.append(Cell(character: nil, style: style)) }
        }
    }

    /// Puts another line behind it.
    public mutating func append(_ line: StyledLine) { cells += line.cells }

    /// How many columns it takes.
    public var width: Int { cells.count }

    /// The text alone.
    public var text: String { String(cells.compactMap(\.character)) }

    /// The line in exactly so many cells.
    func cells(_ width: Int) -> [Cell] {
        var cells = Array(cells.prefix(width))
        // The second half of a character is beyond the edge.
        if self.cells.count > width, self.cells[width].character == nil, width > 0 {
            cells[width - 1] = .blank
        }
        return cells + Array(repeating: .blank, count: width - cells.count)
    }
}
