/// What a terminal shows that was sent these bytes: as much of ECMA-48 as this project's programs
/// use. What it does not know is kept, for a test to find.
public struct TestScreen: Sendable {
    private let (rows, columns): (Int, Int)
    private var cells: [[Character]]
    private var (row, column) = (0, 0)
    /// Whether the page is shown that programs draw on, and not the shell's.
    public private(set) var isAlternate = false
    /// Whether the cursor is seen.
    public private(set) var hasCursor = true
    /// Sequences that it does not know.
    public private(set) var unknown: [String] = []

    /// An empty screen.
    public init(rows: Int = 24, columns: Int = 80) {
        (self.rows, self.columns) = (rows, columns)
        cells = Array(repeating: Array(repeating: " ", count: columns), count: rows)
    }

    /// The lines, without what is blank at their ends.
    public var lines: [String] {
        cells.map { String($0.reversed().drop { $0 == " " }.reversed()) }
    }

    /// The lines in one text.
    public var text: String { lines.joined(separator: "\n") }

    /// Takes in what a program has written.
    public mutating func show(_ text: String) {
        var rest = Array(text)[...]
        while let character = rest.popFirst() {
            switch character {
            case "\u{1B}": obey(&rest)
            case "\r\n": (row, column) = (min(row + 1, rows - 1), 0)
            case "\r": column = 0
            case "\n": row = min(row + 1, rows - 1)
            default: put(character)
            }
        }
    }

    private mutating func put(_ character: Character) {
        guard character >= " " else { return unknown.append("\(character.unicodeScalars)") }
        if row < rows, column < columns { cells[row][column] = character }
        column += 1
    }

    /// ESC [ parameters final; what is not whole at the end is still on its way.
    private mutating func obey(_ rest: inout ArraySlice<Character>) {
        guard let bracket = rest.popFirst() else { return }
        guard bracket == "[" else { return unknown.append("ESC \(bracket)") }
        let parameters = String(rest.prefix { !$0.isLetter })
        rest = rest.dropFirst(parameters.count)
        guard let final = rest.popFirst() else { return }
        let numbers = parameters.split(separator: ";").map { Int($0) ?? 0 }
        switch "\(final)" {
        case "m": break
        case "H": (row, column) = ((numbers.first ?? 1) - 1, (numbers.dropFirst().first ?? 1) - 1)
        case "J" where parameters == "2": self.clear(from: 0)
        case "K" where parameters.isEmpty:
            for place in min(column, columns)..<columns where row < rows {
                cells[row][place] = " "
            }
        case "h", "l": set(parameters, final == "h")
        default: unknown.append("ESC [ \(parameters)\(final)")
        }
    }

    private mutating func clear(from first: Int) {
        for row in first..<rows { cells[row] = Array(repeating: " ", count: columns) }
    }

    private mutating func set(_ mode: String, _ isOn: Bool) {
        switch mode {
        case "?25": hasCursor = isOn
        case "?1049":
            isAlternate = isOn
            clear(from: 0)
        default: unknown.append("ESC [ \(mode)\(isOn ? "h" : "l")")
        }
    }
}
