import Glibc

/// What a terminal can show beside letters.
public enum Glyphs: String, Sendable, CaseIterable {
    /// All of Unicode: eight dots a character, and bars of eight heights.
    case braille
    /// Unicode with the font of Linux's own console: halves of a character.
    case blocks
    /// Nothing else.
    case ascii

    /// What the terminal of this process can show, by its locale and type.
    public static var ofTerminal: Glyphs {
        of { getenv($0).map { String(cString: $0) } ?? "" }
    }

    /// The same by these variables.
    static func of(_ variable: (String) -> String) -> Glyphs {
        // The first that is set counts (locale(7)).
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].map(variable).first { !$0.isEmpty } ?? ""
        let encoding = locale.uppercased().split(separator: ".").last ?? ""
        guard encoding.hasPrefix("UTF-8") || encoding.hasPrefix("UTF8") else { return .ascii }
        return variable("TERM") == "linux" ? .blocks : .braille
    }

    /// How many dots a character has, across and down.
    var dots: (columns: Int, rows: Int) {
        switch self {
        case .braille: (2, 4)
        case .blocks: (1, 2)
        case .ascii: (1, 1)
        }
    }

    /// The character with these dots: bit `row * columns + column`.
    func character(_ bits: UInt8) -> Character {
        switch self {
        case .braille:
            // Dots 1, 2, 3, 7 are the left column, 4, 5, 6, 8 the right (Unicode, Braille Patterns).
            let order: [UInt32] = [0x01, 0x08, 0x02, 0x10, 0x04, 0x20, 0x40, 0x80]
            let code = order.indices.reduce(UInt32(0x2800)) {
                bits & 1 << UInt8($1) != 0 ? $0 | order[$1] : $0
            }
            return bits == 0 ? " " : Unicode.Scalar(code).map(Character.init) ?? " "
        case .blocks: return [" ", "\u{2580}", "\u{2584}", "\u{2588}"][Int(bits & 3)]
        case .ascii: return bits & 1 == 0 ? " " : "*"
        }
    }

    /// Bars of eight heights.
    var bars: [Character] {
        self == .braille
            ? Array("\u{2581}\u{2582}\u{2583}\u{2584}\u{2585}\u{2586}\u{2587}\u{2588}")
            : Array("_.-:=+*#")
    }

    /// The vertical line of an axis, with a tick and without; the corner; the horizontal line,
    /// without a tick and with.
    var axis: (tick: String, side: String, corner: String, floor: String, mark: String) {
        self == .ascii
            ? ("+", "|", "+", "-", "+")
            : ("\u{2524}", "\u{2502}", "\u{2514}", "\u{2500}", "\u{252C}")
    }
}
