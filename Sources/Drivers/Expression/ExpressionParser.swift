import Telemetry

/// Understands the tokens of an expression, by recursive descent.
struct ExpressionParser {
    private typealias Node = Expression.Node

    private let tokens: [PlacedToken]
    private var position = 0
    private var depth = 0
    private var nodes: [Expression.Node] = []

    /// The tokens of an expression, the end last.
    init(tokens: [PlacedToken]) {
        self.tokens = tokens
    }

    /// The steps, the last of them the whole.
    mutating func parse() throws(ExpressionFlaw) -> [Expression.Node] {
        _ = try choice()
        guard current == .end else { throw unexpected("an operator") }
        return nodes
    }

    // MARK: From loose to tight

    private mutating func choice() throws(ExpressionFlaw) -> Int {
        try enter()
        defer { depth -= 1 }
        let condition = try either()
        guard take("?") else { return condition }
        let yes = try choice()
        try expect(":", "the second branch: write `condition ? this : that`")
        return try add(.choice(condition, yes, try choice()))
    }

    private mutating func either() throws(ExpressionFlaw) -> Int {
        var left = try both()
        while take("||") { left = try add(.either(left, try both())) }
        return left
    }

    private mutating func both() throws(ExpressionFlaw) -> Int {
        var left = try comparison()
        while take("&&") { left = try add(.both(left, try comparison())) }
        return left
    }

    private mutating func comparison() throws(ExpressionFlaw) -> Int {
        let left = try binary(0)
        guard let symbol = takeOne(of: Self.comparisons) else { return left }
        let compared = try add(.binary(symbol, left, try binary(0)))
        guard case .symbol(let name) = current, Self.comparisons[name] != nil else {
            return compared
        }
        throw ExpressionFlaw(
            column: column, what: "comparisons cannot be chained",
            mend: "join them: `10 < raw && raw < 20`")
    }

    private mutating func binary(_ level: Int) throws(ExpressionFlaw) -> Int {
        guard level < Self.levels.count else { return try unary() }
        var left = try binary(level + 1)
        while let symbol = takeOne(of: Self.levels[level]) {
            left = try add(.binary(symbol, left, try binary(level + 1)))
        }
        return left
    }

    private mutating func unary() throws(ExpressionFlaw) -> Int {
        guard let symbol = takeOne(of: Self.signs) else { return try primary() }
        try enter()
        defer { depth -= 1 }
        return try add(.unary(symbol, try unary()))
    }

    private mutating func primary() throws(ExpressionFlaw) -> Int {
        switch current {
        case .number(let number):
            position += 1
            return try add(.number(number))
        case .name("raw"):
            position += 1
            return try add(.raw)
        case .name(let name): return try call(name)
        case .symbol("("):
            position += 1
            let inner = try choice()
            try expect(")", "a closing parenthesis")
            return inner
        case .symbol, .end: throw unexpected("a number, `raw` or a parenthesis")
        }
    }

    private mutating func call(_ name: String) throws(ExpressionFlaw) -> Int {
        let (one, two) = (UnaryOperator.functions[name], BinaryOperator.functions[name])
        guard one != nil || two != nil else { throw unknown(name) }
        position += 1
        try expect("(", "`\(name)(` and what it is computed from")
        let first = try choice()
        var node = one.map { Node.unary($0, first) }
        if let two {
            try expect(",", "a comma: `\(name)` takes two numbers")
            node = .binary(two, first, try choice())
        }
        try expect(")", "a closing parenthesis: `\(name)` takes \(two == nil ? "one" : "two")")
        return try add(node ?? .raw)
    }

    // MARK: Steps and tokens

    private var current: ExpressionToken { tokens[position].token }
    private var column: Int { tokens[position].column }

    private mutating func add(_ node: Expression.Node) throws(ExpressionFlaw) -> Int {
        guard nodes.count < Expression.mostNodes else {
            throw ExpressionFlaw(
                column: column,
                what: "an expression has at most \(Expression.mostNodes) numbers and operators",
                mend: "shorten it, or let the platform compute it")
        }
        nodes.append(node)
        return nodes.count - 1
    }

    private mutating func enter() throws(ExpressionFlaw) {
        depth += 1
        guard depth <= Expression.deepestNesting else {
            throw ExpressionFlaw(
                column: column,
                what: "an expression is nested at most \(Expression.deepestNesting) deep",
                mend: "leave out parentheses that are not needed")
        }
    }

    private mutating func take(_ symbol: String) -> Bool {
        guard current == .symbol(symbol) else { return false }
        position += 1
        return true
    }

    private mutating func takeOne<Operator>(of symbols: [String: Operator]) -> Operator? {
        guard case .symbol(let name) = current, let match = symbols[name] else { return nil }
        position += 1
        return match
    }

    private mutating func expect(
        _ symbol: String, _ meaning: String
    ) throws(ExpressionFlaw) {
        if !take(symbol) { throw unexpected(meaning) }
    }

    private func unexpected(_ wanted: String) -> ExpressionFlaw {
        let mend =
            current == .symbol(",")
            ? "write the decimal sign as a point" : "put \(wanted) there"
        return ExpressionFlaw(
            column: column, what: "\(current.text) where \(wanted) should be", mend: mend)
    }

    private func unknown(_ name: String) -> ExpressionFlaw {
        let functions = Array(UnaryOperator.functions.keys) + Array(BinaryOperator.functions.keys)
        let words = ["and": "write &&", "or": "write ||", "not": "write !"]
        let mend =
            words[name] ?? Spelling.suggestion(for: name, among: functions.sorted() + ["raw"])
            ?? "the number read is called `raw`; functions: "
            + functions.sorted().joined(separator: ", ")
        return ExpressionFlaw(column: column, what: "`\(name)` is not known", mend: mend)
    }

    private static let signs: [String: UnaryOperator] = [
        "-": .minus, "!": .not, "~": .complement,
    ]

    private static let comparisons: [String: BinaryOperator] = [
        "==": .equal, "!=": .unequal, "<": .less, "<=": .lessOrEqual, ">": .greater,
        ">=": .greaterOrEqual,
    ]

    private static let levels: [[String: BinaryOperator]] = [
        ["|": .bitOr], ["^": .bitXor], ["&": .bitAnd],
        ["<<": .shiftLeft, ">>": .shiftRight],
        ["+": .plus, "-": .minus],
        ["*": .times, "/": .divided, "%": .remainder],
    ]
}
