import Telemetry

/// A value that a technician knows, from the device's display or a meter: `230V`, `49.9Hz`.
public struct KnownValue: Sendable, Hashable {
    public var value: Double
    public var unit: Unit

    /// Reads a number with a unit of the SenML registry behind it, or without.
    ///
    /// - Throws: `TextScalarError`, in words for a technician.
    public init(text: String) throws(TextScalarError) {
        let number = text.prefix { "+-.0123456789".contains($0) }
        guard let value = Double(String(number)), value.isFinite, value != 0 else {
            throw TextScalarError(
                "`\(text)` is not a value to look for",
                mend: "write a number other than 0 with its unit, such as 230V")
        }
        let unit = text.dropFirst(number.count).drop { $0 == " " }
        self.value = value
        self.unit = unit.isEmpty ? .none : try Unit(text: String(unit))
    }

    /// What points of this unit are called as a rule.
    var pointName: String {
        switch unit.symbol {
        case "V", "mV": "voltage"
        case "A", "mA": "current"
        case "W", "kW": "power"
        case "VA", "kVA": "apparent-power"
        case "var", "kvar": "reactive-power"
        case "Hz": "frequency"
        case "Wh", "kWh", "J": "energy"
        case "Cel", "K": "temperature"
        case "%RH": "humidity"
        case "Pa", "hPa": "pressure"
        default: "value"
        }
    }
}

/// A reading of registers that comes near a known value.
public struct DecodeCandidate: Sendable {
    public var known: KnownValue
    public var guess: RegisterGuess
    /// What the number is multiplied with.
    public var scale: Double
    /// The number, scaled.
    public var value: Double
    /// How unlikely it is; 0 is best.
    var cost: Double

    /// The scales that devices use, the common ones first.
    static let scales: [Double] = [1, 0.1, 0.01, 0.001, 10, 100, 0.0001]

    /// The readings that come within `tolerance` (0.1 is 10 %) of a known value, the most likely
    /// first.
    ///
    /// Likely is what devices do: floats in the protocol's order, single registers with a decimal
    /// scale, low word first more often than low byte first; and what its neighbours do too, as
    /// the three phases of a meter.
    public static func find(
        _ known: KnownValue, in words: [UInt16?], tolerance: Double
    ) -> [DecodeCandidate] {
        var found: [DecodeCandidate] = []
        for index in words.indices {
            for type in NumberType.allCases {
                for order in type.orders {
                    let guess = RegisterGuess(index: index, type: type, order: order)
                    guard let number = guess.number(in: words)?.double else { continue }
                    found += scales.compactMap { scale in
                        Self(known, guess, number, scale, tolerance)
                    }
                }
            }
        }
        for position in found.indices {
            found[position].cost -= Double(min(2, found[position].alike(among: found)))
        }
        return ranked(found)
    }

    /// Sorts by cost. What shares registers with a better one is one of its shadows as a rule: the
    /// high word of a float is most of its value.
    private static func ranked(_ found: [DecodeCandidate]) -> [DecodeCandidate] {
        func isBetter(_ left: DecodeCandidate, _ right: DecodeCandidate) -> Bool {
            (left.cost, left.guess.index) < (right.cost, right.guess.index)
        }
        var sorted = found.sorted(by: isBetter)
        // As far as anybody looks; each is compared with those before it.
        for position in sorted.indices.prefix(mostCompared)
        where sorted[..<position].contains(where: { $0.overlaps(sorted[position]) }) {
            sorted[position].cost += 2
        }
        return sorted.sorted(by: isBetter)
    }

    /// So many candidates are compared with each other.
    private static let mostCompared = 200

    private func overlaps(_ other: DecodeCandidate) -> Bool {
        let (own, others) = (guess, other.guess)
        return own != others && own.index < others.index + others.type.registers
            && others.index < own.index + own.type.registers
    }

    private init?(
        _ known: KnownValue, _ guess: RegisterGuess, _ number: Double, _ scale: Double,
        _ tolerance: Double
    ) {
        let value = Scaling(scale: scale, offset: nil)?.apply(number) ?? number
        let error = abs(value / known.value - 1)
        guard error <= tolerance, !Self.isTwin(guess, number) else { return nil }
        (self.known, self.guess, self.scale, self.value) = (known, guess, scale, value)
        let isFloat = guess.type == .float32 || guess.type == .float64
        // A float comes with its decimals; a factor beside it is rare, but for kW out of W.
        let step = scale == 0.001 && known.unit.symbol.hasPrefix("k") ? 0.5 : isFloat ? 2 : 0.5
        let rank = step == 0.5 && isFloat ? 1 : Self.scales.firstIndex(of: scale) ?? 0
        cost = Self.cost(guess) + step * Double(rank) + (tolerance > 0 ? error / tolerance : 0)
    }

    /// A number that is the same with and without a sign is shown without one.
    private static func isTwin(_ guess: RegisterGuess, _ number: Double) -> Bool {
        switch guess.type {
        case .int16, .int32, .int64: number >= 0
        default: false
        }
    }

    private static func cost(_ guess: RegisterGuess) -> Double {
        let type: Double =
            switch guess.type {
            case .float32: 0
            case .uint16, .int16, .float64: 1
            case .uint32, .int32: 2
            case .uint64, .int64: 4
            }
        let order: Double =
            switch guess.order {
            case .abcd: 0
            case .cdab: 0.75
            case .badc, .dcba: 3
            }
        return type + order
    }

    /// How many neighbours are read in the same way.
    private func alike(among others: [DecodeCandidate]) -> Int {
        others.count { other in
            other.scale == scale && other.guess.type == guess.type
                && other.guess.order == guess.order
                && abs(other.guess.index - guess.index) == guess.type.registers
        }
    }

    /// The line for the configuration.
    public func line(in window: RegisterWindow) -> String {
        var options = ["\(window.table): \(window.start + guess.index)"]
        if guess.type != .uint16 { options.append("type: \(guess.type.rawValue)") }
        if guess.order != .abcd { options.append("order: \(guess.order.rawValue)") }
        if scale != 1 { options.append("scale: \(scale == 1e-4 ? "0.0001" : scale.plainText)") }
        if known.unit != .none { options.append("unit: \(known.unit.symbol)") }
        return "\(known.pointName): {\(options.joined(separator: ", "))}"
    }
}
