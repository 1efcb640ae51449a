/// A template's condition, such as `mode==1 && (isDefined(in1) || in1!=2)`, evaluated with the
/// parameters' default values.
struct TemplateCondition {
    /// Why it has no answer.
    enum Trouble: Error {
        /// It is about a parameter without a default value.
        case undefined(String)
        /// It is not understood.
        case malformed
    }

    private var tokens: [Substring]
    private let parameters: [String: Double]
    /// The first parameter without a value that was asked for.
    private var missing: String?

    private init(tokens: [Substring], parameters: [String: Double]) {
        (self.tokens, self.parameters) = (tokens, parameters)
    }

    /// Whether the condition holds.
    static func holds(
        _ text: String, _ parameters: [String: Double]
    ) throws(Trouble) -> Bool {
        guard text.utf8.count <= TemplateLimits.conditionBytes else { throw .malformed }
        var condition = TemplateCondition(tokens: try split(text), parameters: parameters)
        let result = try condition.either(depth: 0)
        guard condition.tokens.isEmpty else { throw .malformed }
        guard let result else { throw .undefined(condition.missing ?? "") }
        return result != 0
    }

    /// The signs and words, the last one first.
    private static func split(_ text: String) throws(Trouble) -> [Substring] {
        let signs = ["==", "!=", "<=", ">=", "&&", "||", "<", ">", "!", "(", ")"]
        var tokens: [Substring] = []
        var rest = text[...]
        while let first = rest.first {
            if first.isWhitespace {
                rest.removeFirst()
            } else if let sign = signs.first(where: { rest.hasPrefix($0) }) {
                tokens.append(rest.prefix(sign.count))
                rest.removeFirst(sign.count)
            } else {
                let word = rest.prefix { $0.isLetter || $0.isNumber || "_-.".contains($0) }
                guard !word.isEmpty else { throw .malformed }
                tokens.append(word)
                rest.removeFirst(word.count)
            }
        }
        return tokens.reversed()
    }

    private mutating func take(_ sign: String) -> Bool {
        guard let last = tokens.last, last == sign else { return false }
        tokens.removeLast()
        return true
    }

    /// Without an answer (nil) is only what depends on a missing value: `isDefined(a)==0||a==0`
    /// has one.
    private mutating func either(depth: Int) throws(Trouble) -> Double? {
        var result = try both(depth: depth)
        while take("||") {
            let right = try both(depth: depth)
            if result.isTrue || right.isTrue {
                result = 1
            } else {
                result = result == nil || right == nil ? nil : 0
            }
        }
        return result
    }

    private mutating func both(depth: Int) throws(Trouble) -> Double? {
        var result = try comparison(depth: depth)
        while take("&&") {
            let right = try comparison(depth: depth)
            if result == 0 || right == 0 {
                result = 0
            } else {
                result = result == nil || right == nil ? nil : 1
            }
        }
        return result
    }

    private mutating func comparison(depth: Int) throws(Trouble) -> Double? {
        let left = try operand(depth: depth)
        let signs = ["==", "!=", "<=", ">=", "<", ">"]
        guard let sign = signs.first(where: { tokens.last ?? "" == $0 }) else { return left }
        tokens.removeLast()
        guard let right = try operand(depth: depth), let left else { return nil }
        let holds =
            switch sign {
            case "==": left == right
            case "!=": left != right
            case "<=": left <= right
            case ">=": left >= right
            case "<": left < right
            default: left > right
            }
        return holds ? 1 : 0
    }

    private mutating func operand(depth: Int) throws(Trouble) -> Double? {
        guard depth < TemplateLimits.depth, let token = tokens.popLast() else { throw .malformed }
        switch token {
        case "!": return try operand(depth: depth + 1).map { $0 == 0 ? 1 : 0 }
        case "(":
            let inner = try either(depth: depth + 1)
            guard take(")") else { throw .malformed }
            return inner
        case "isDefined":
            guard take("("), let name = tokens.popLast(), take(")") else { throw .malformed }
            return parameters[String(name)] == nil ? 0 : 1
        default: return try value(of: String(token))
        }
    }

    private mutating func value(of word: String) throws(Trouble) -> Double? {
        if let number = TemplateValue.string(word).number { return number }
        guard word.first?.isLetter == true || word.first == "_" else { throw .malformed }
        if parameters[word] == nil { missing = missing ?? word }
        return parameters[word]
    }
}

extension Double? {
    fileprivate var isTrue: Bool { self != nil && self != 0 }
}
