/// What is computed from one number. A result that is no finite number is nil.
enum UnaryOperator: Sendable {
    case minus, not, complement
    case abs, round, floor, ceil, sqrt

    /// The functions by name.
    static let functions: [String: UnaryOperator] = [
        "abs": .abs, "round": .round, "floor": .floor, "ceil": .ceil, "sqrt": .sqrt,
    ]

    func apply(_ operand: Double) -> Double? {
        switch self {
        case .minus: -operand
        case .not: operand == 0 ? 1 : 0
        case .complement: operand.asBits.flatMap { (~$0).asNumber }
        case .abs: operand.magnitude
        case .round: operand.rounded()
        case .floor: operand.rounded(.down)
        case .ceil: operand.rounded(.up)
        case .sqrt: operand.squareRoot().ifFinite
        }
    }
}

/// What is computed from two numbers. A result that is no finite number is nil.
enum BinaryOperator: Sendable {
    case equal, unequal, less, lessOrEqual, greater, greaterOrEqual
    case bitOr, bitXor, bitAnd, shiftLeft, shiftRight
    case plus, minus, times, divided, remainder
    case min, max

    /// The functions by name.
    static let functions: [String: BinaryOperator] = ["min": .min, "max": .max]

    func apply(_ left: Double, _ right: Double) -> Double? {
        switch self {
        case .equal: left == right ? 1 : 0
        case .unequal: left != right ? 1 : 0
        case .less: left < right ? 1 : 0
        case .lessOrEqual: left <= right ? 1 : 0
        case .greater: left > right ? 1 : 0
        case .greaterOrEqual: left >= right ? 1 : 0
        case .plus: (left + right).ifFinite
        case .minus: (left - right).ifFinite
        case .times: (left * right).ifFinite
        case .divided: (left / right).ifFinite
        case .remainder: left.truncatingRemainder(dividingBy: right).ifFinite
        case .min: Swift.min(left, right)
        case .max: Swift.max(left, right)
        case .bitOr, .bitXor, .bitAnd, .shiftLeft, .shiftRight: bits(left, right)
        }
    }

    private func bits(_ left: Double, _ right: Double) -> Double? {
        guard let left = left.asBits, let right = right.asBits else { return nil }
        switch self {
        case .bitOr: return (left | right).asNumber
        case .bitXor: return (left ^ right).asNumber
        case .bitAnd: return (left & right).asNumber
        case .shiftLeft:
            guard (0...63).contains(right) else { return nil }
            let shifted = left << right
            return shifted >> right == left ? shifted.asNumber : nil
        case .shiftRight: return (0...63).contains(right) ? (left >> right).asNumber : nil
        default: return nil
        }
    }
}

/// To here every whole number is a double.
private let largestWhole: Int64 = 1 << 53

extension Double {
    fileprivate var ifFinite: Double? { isFinite ? self : nil }

    /// The bits of a whole number whose neighbours are doubles too.
    fileprivate var asBits: Int64? {
        magnitude <= Double(largestWhole) ? Int64(exactly: self) : nil
    }
}

extension Int64 {
    fileprivate var asNumber: Double? {
        (-largestWhole...largestWhole).contains(self) ? Double(self) : nil
    }
}
