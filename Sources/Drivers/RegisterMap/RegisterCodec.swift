import Telemetry

/// How one point's registers become its value, and back.
///
/// On the way from the wire: bytes and words put in order, the sentinels, the field of bits, the
/// type, the name of the state or the expression, the scale factor, scale and offset.
struct RegisterCodec: Sendable {
    /// The field of bits that is a point: lowest bit and width.
    typealias BitField = (lowest: Int, width: Int)

    var type: RegisterType
    var order: WordOrder
    /// How many registers it reads.
    var registers: Int
    var field: BitField?
    var scaling: Scaling?
    /// The raw bits that mean "not available".
    var sentinels: [UInt64] = []
    /// The names of raw numbers, if the point is an enumeration.
    var states: StateNames?
    var expression: Expression?
    var characters = CharacterLayout.both

    /// The value of the registers from `start` on. The caller has made sure that they are there.
    ///
    /// - Parameter factor: The register that has the power of ten, for a point with a scale factor.
    func decode(
        _ words: [UInt16], from start: Int, factor: UInt16? = nil
    ) -> (Value?, Quality) {
        if type == .string {
            let text = RegisterText(layout: characters, isLowByteFirst: order.isLowByteFirst)
            return text.decode(words[start..<start + registers])
        }
        let raw = rawBits(words, from: start)
        if !sentinels.isEmpty, sentinels.contains(raw) { return (nil, .notAvailable) }
        guard let field else { return value(raw, factor) }
        return value(raw >> UInt64(field.lowest) & (.max >> UInt64(64 - field.width)), factor)
    }

    /// The value of a coil or discrete input.
    func decode(bit: Bool) -> Value {
        states.map { .string($0.name(of: bit ? 1 : 0, isSigned: false)) } ?? .bool(bit)
    }

    private func rawBits(_ words: [UInt16], from start: Int) -> UInt64 {
        var raw: UInt64 = 0
        for index in 0..<registers {
            let position = order.isLowWordFirst ? start + registers - 1 - index : start + index
            let word = words[position]
            raw = raw << 16 | UInt64(order.isLowByteFirst ? word.byteSwapped : word)
        }
        return raw & type.mask
    }

    private func value(_ raw: UInt64, _ factor: UInt16?) -> (Value?, Quality) {
        switch type.kind {
        case .bool:
            return states.map { named($0, raw) } ?? (.bool(raw != 0), .good)
        case .unsigned:
            return states.map { named($0, raw) }
                ?? whole(.uint64(raw), Double(exactly: raw), factor)
        case .signed:
            let number = signed(raw)
            return states.map { named($0, UInt64(bitPattern: number)) }
                ?? whole(.int64(number), Double(exactly: number), factor)
        case .decimal:
            guard let number = PackedDecimal.decode(raw) else { return (nil, .unrepresentable) }
            return states.map { named($0, number) }
                ?? whole(.uint64(number), Double(exactly: number), factor)
        case .float:
            let number =
                type == .float32
                ? Float(bitPattern: UInt32(truncatingIfNeeded: raw)).asDecimal
                : Double(bitPattern: raw)
            // Meters say "not available" with a NaN of any pattern.
            return number.isNaN ? (nil, .notAvailable) : converted(number, factor)
        case .text: return (nil, .unrepresentable)
        }
    }

    private func signed(_ raw: UInt64) -> Int64 {
        let unused = UInt64(64 - type.bits)
        return Int64(bitPattern: raw << unused) >> Int64(unused)
    }

    private func named(_ states: StateNames, _ raw: UInt64) -> (Value?, Quality) {
        (.string(states.name(of: raw, isSigned: type.kind == .signed)), .good)
    }

    /// A whole number; it stays one unless something is computed with it. Beyond 2^53, where not
    /// every whole number is a double, `exact` may be nil: scaling rounds, an expression may not.
    private func whole(
        _ value: Value, _ exact: Double?, _ factor: UInt16?
    ) -> (Value?, Quality) {
        if scaling == nil && expression == nil && factor == nil { return (value, .good) }
        if let exact { return converted(exact, factor) }
        guard expression == nil, let rounded = value.asDouble else {
            return (nil, .unrepresentable)
        }
        return converted(rounded, factor)
    }

    private func converted(_ raw: Double, _ factor: UInt16?) -> (Value?, Quality) {
        var number = raw
        if let expression {
            guard let result = expression.evaluate(raw: raw) else { return (nil, .unrepresentable) }
            number = result
        }
        if let factor {
            switch ScaleFactor(word: factor) {
            case .power(let power): number = ScaleFactor.apply(power, to: number)
            case .notAvailable: return (nil, .notAvailable)
            case .unrepresentable: return (nil, .unrepresentable)
            }
        }
        number = scaling?.apply(number) ?? number
        return number.isFinite ? (.double(number), .good) : (nil, .unrepresentable)
    }
}

extension Value {
    /// The number, rounded where a double has not all of its digits; nil for switches and texts.
    var asDouble: Double? {
        switch self {
        case .int64(let value): Double(value)
        case .uint64(let value): Double(value)
        case .double(let value): value
        case .bool, .string: nil
        }
    }
}
