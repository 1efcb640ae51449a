/// A small formula over a raw number, such as `raw > 32767 ? 10000 - raw : raw`.
///
/// Numbers are doubles. A comparison is 1 or 0, and whatever is not 0 is true. From loose to tight:
///
///     a ? b : c      only the branch that is chosen is computed
///     ||             1 or 0; the right side only if the left is 0
///     &&             1 or 0; the right side only if the left is not 0
///     == != < <= > >=   not in a chain
///     |   ^   &      bits, of whole numbers to 2^53; tighter than a comparison, as in Python
///     << >>          by 0 to 63
///     + -
///     * / %          the remainder has the sign of the left side, as in C
///     - ! ~          in front
///     min(a, b) max(a, b) abs(a) round(a) floor(a) ceil(a) sqrt(a)
///
/// `round` takes halves away from 0. Numbers are written 12, 0.5, 1e-3 or 0x7FFF.
///
/// There are no loops and no variables but `raw`, and the size is bounded, so every evaluation ends
/// after at most `mostNodes` steps. It allocates nothing and cannot trap.
struct Expression: Sendable {
    /// How long the text may be, in bytes.
    static let longestText = 256
    /// How deep parentheses, signs and branches may be nested.
    static let deepestNesting = 32
    /// How many numbers, operators and calls it may have.
    static let mostNodes = 64

    /// One step; the numbers are the places of its operands, each before the step itself.
    enum Node: Sendable {
        case raw
        case number(Double)
        case unary(UnaryOperator, Int)
        case binary(BinaryOperator, Int, Int)
        case both(Int, Int)
        case either(Int, Int)
        case choice(Int, Int, Int)
    }

    private let nodes: [Node]

    /// Understands a text.
    init(_ text: String) throws(ExpressionFlaw) {
        guard text.utf8.count <= Self.longestText else {
            throw ExpressionFlaw(
                column: Self.longestText + 1,
                what: "an expression has at most \(Self.longestText) bytes",
                mend: "shorten it, or let the platform compute it")
        }
        var parser = ExpressionParser(tokens: try ExpressionLexer.tokens(of: text))
        nodes = try parser.parse()
    }

    /// The result; nil if a step that is computed has none: a division by 0, bits of a fraction, a
    /// number too large.
    func evaluate(raw: Double) -> Double? {
        // Adding 0 makes 0 of -0, which nobody wants to read.
        value(nodes.count - 1, raw).map { $0 + 0 }
    }

    private func value(_ index: Int, _ raw: Double) -> Double? {
        switch nodes[index] {
        case .raw: return raw.isFinite ? raw : nil
        case .number(let number): return number
        case .unary(let symbol, let operand):
            return value(operand, raw).flatMap(symbol.apply)
        case .binary(let symbol, let left, let right):
            guard let left = value(left, raw), let right = value(right, raw) else { return nil }
            return symbol.apply(left, right)
        case .both(let left, let right):
            guard let first = value(left, raw) else { return nil }
            return first == 0 ? 0 : value(right, raw).map { $0 == 0 ? 0 : 1 }
        case .either(let left, let right):
            guard let first = value(left, raw) else { return nil }
            return first != 0 ? 1 : value(right, raw).map { $0 == 0 ? 0 : 1 }
        case .choice(let condition, let yes, let no):
            guard let chosen = value(condition, raw) else { return nil }
            return value(chosen != 0 ? yes : no, raw)
        }
    }
}

/// What is wrong with an expression.
struct ExpressionFlaw: Error, Equatable {
    /// Where in it, from 1.
    var column: Int
    var what: String
    var mend: String
}
