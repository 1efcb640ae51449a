/// The words of an expression.
enum ExpressionToken: Hashable, Sendable {
    case number(Double)
    case name(String)
    /// An operator, a parenthesis or a comma.
    case symbol(String)
    case end

    /// How a message names it.
    var text: String {
        switch self {
        case .number(let number): "`\(number)`"
        case .name(let name), .symbol(let name): "`\(name)`"
        case .end: "the end"
        }
    }
}

/// A token and its column, from 1.
typealias PlacedToken = (token: ExpressionToken, column: Int)

/// Cuts a text into tokens.
struct ExpressionLexer {
    private let letters: [Character]
    private var position = 0

    private static let pairs: Set<String> = ["||", "&&", "==", "!=", "<=", ">=", "<<", ">>"]
    private static let singles: Set<Character> = [
        "?", ":", "|", "^", "&", "<", ">", "+", "-", "*", "/", "%", "!", "~", "(", ")", ",",
    ]

    /// The tokens, the end among them.
    static func tokens(of text: String) throws(ExpressionFlaw) -> [PlacedToken] {
        var lexer = ExpressionLexer(letters: Array(text))
        var tokens: [PlacedToken] = []
        repeat {
            tokens.append(try lexer.next())
        } while tokens.last?.token != .end
        return tokens
    }

    private init(letters: [Character]) {
        self.letters = letters
    }

    private mutating func next() throws(ExpressionFlaw) -> PlacedToken {
        while position < letters.count, letters[position].isWhitespace { position += 1 }
        let start = position
        guard start < letters.count else { return (.end, start + 1) }
        let letter = letters[start]
        if letter.isDigit { return (.number(try number()), start + 1) }
        if letter.isNameStart {
            return (.name(take { $0.isNameStart || $0.isDigit }), start + 1)
        }
        let pair = String(letters[start..<min(start + 2, letters.count)])
        if Self.pairs.contains(pair) {
            position += 2
            return (.symbol(pair), start + 1)
        }
        guard Self.singles.contains(letter) else { throw stranger(letter) }
        position += 1
        return (.symbol(String(letter)), start + 1)
    }

    private mutating func take(while isPart: (Character) -> Bool) -> String {
        let rest = letters[position...].prefix(while: isPart)
        position += rest.count
        return String(rest)
    }

    private mutating func number() throws(ExpressionFlaw) -> Double {
        let start = position
        var text = take { $0.isDigit }
        if text == "0", position < letters.count,
            letters[position] == "x" || letters[position] == "X"
        {
            position += 1
            let digits = take { $0.isASCII && $0.isHexDigit }
            if let bits = UInt64(digits, radix: 16), let number = Double(exactly: bits) {
                return number
            }
            throw unfit(start, "write hexadecimal digits behind 0x, at most 0x20000000000000")
        }
        if position < letters.count, letters[position] == "." {
            text += takeOne() + take { $0.isDigit }
        }
        if position < letters.count, letters[position] == "e" || letters[position] == "E" {
            text += takeOne()
            if position < letters.count, "+-".contains(letters[position]) { text += takeOne() }
            text += take { $0.isDigit }
        }
        guard let last = text.last, last.isDigit, let number = Double(text), number.isFinite else {
            throw unfit(start, "write it such as 12, 0.5, 1e-3 or 0x7FFF")
        }
        return number
    }

    private mutating func takeOne() -> String {
        position += 1
        return String(letters[position - 1])
    }

    private func unfit(_ start: Int, _ mend: String) -> ExpressionFlaw {
        ExpressionFlaw(
            column: start + 1, what: "`\(String(letters[start..<position]))` is not a number",
            mend: mend)
    }

    private func stranger(_ letter: Character) -> ExpressionFlaw {
        let mend =
            switch letter {
            case "=": "write == to compare"
            case ".": "write a 0 before the decimal point"
            case "×", "·": "write * to multiply"
            case "÷": "write / to divide"
            case "–", "−": "write - for minus"
            default: "use raw, numbers, operators and parentheses"
            }
        return ExpressionFlaw(
            column: position + 1, what: "`\(letter)` means nothing here", mend: mend)
    }
}

extension Character {
    fileprivate var isDigit: Bool { ("0"..."9").contains(self) }
    fileprivate var isNameStart: Bool { isASCII && isLetter || self == "_" }
}
