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

    /// Whether the condition holds.
    static func holds(
        _ text: String, _ parameters: [String: Double]
    ) throws(Trouble) -> Bool {
        guard text.utf8.count <= TemplateLimits.conditionBytes else { throw .malformed }
        var condition = TemplateCondition(tokens: try split(text), parameters: parameters)
        let result = try condition.either(depth: 0)
        guard condition.tokens.isEmpty else { throw .malformed }
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

    /// Both sides are always read: a parameter without a value leaves the whole without an answer.
    private mutating func either(depth: Int) throws(Trouble) -> Double {
        var result = try both(depth: depth)
        while take("||") { result = try both(depth: depth) != 0 || result != 0 ? 1 : 0 }
        return result
    }

    private mutating func both(depth: Int) throws(Trouble) -> Double {
        var result = try comparison(depth: depth)
        while take("&&") { result = try comparison(depth: depth) != 0 && result != 0 ? 1 : 0 }
        return result
    }

    private mutating func comparison(depth: Int) throws(Trouble) -> Double {
        let left = try operand(depth: depth)
        let signs = ["==", "!=", "<=", ">=", "<", ">"]
        guard let sign = signs.first(where: { tokens.last ?? "" == $0 }) else { return left }
        tokens.removeLast()
        let right = try operand(depth: depth)
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

    private mutating func operand(depth: Int) throws(Trouble) -> Double {
        guard depth < TemplateLimits.depth, let token = tokens.popLast() else { throw .malformed }
        switch token {
        case "!": return try operand(depth: depth + 1) == 0 ? 1 : 0
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

    private func value(of word: String) throws(Trouble) -> Double {
        if let number = TemplateValue.string(word).number { return number }
        guard word.first?.isLetter == true || word.first == "_" else { throw .malformed }
        guard let value = parameters[word] else { throw .undefined(word) }
        return value
    }
}
