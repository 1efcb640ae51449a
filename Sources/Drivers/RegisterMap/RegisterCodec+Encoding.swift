import Telemetry

extension RegisterCodec {
    /// Why no value can be turned into registers: what the point has that goes one way only; nil
    /// if there is nothing.
    var oneWay: String? {
        if field != nil { return "single bits of a register" }
        if type == .string { return "strings" }
        if expression != nil { return "points with an expression" }
        return nil
    }

    /// The registers that hold this value; nil if it does not fit.
    ///
    /// A number is rounded to the type. What the type leaves over in its registers is filled with
    /// the sign, or with 0 if it has none.
    func encode(_ value: Value) -> [UInt16]? {
        guard oneWay == nil, let raw = rawBits(of: value) else { return nil }
        return (0..<registers).map { index in
            let fromHigh = order.isLowWordFirst ? registers - 1 - index : index
            let word = UInt16(truncatingIfNeeded: raw >> UInt64(16 * (registers - 1 - fromHigh)))
            return order.isLowByteFirst ? word.byteSwapped : word
        }
    }

    private func rawBits(of value: Value) -> UInt64? {
        if let states {
            guard case .string(let name) = value, let raw = states.raw(of: name) else { return nil }
            return type.kind == .decimal ? PackedDecimal.encode(raw, bits: type.bits) : raw
        }
        switch type.kind {
        case .bool:
            guard case .bool(let state) = value else { return nil }
            return state ? 1 : 0
        case .float: return floatBits(of: value)
        case .signed, .unsigned, .decimal: return wholeNumber(value).flatMap(integerBits)
        case .text: return nil
        }
    }

    private func floatBits(of value: Value) -> UInt64? {
        guard let number = value.asDouble.map({ scaling?.invert($0) ?? $0 }) else { return nil }
        if type == .float64 { return number.isFinite ? number.bitPattern : nil }
        let float = Float(number)
        return float.isFinite ? UInt64(float.bitPattern) : nil
    }

    /// The number on the wire, rounded; whole numbers that are not scaled stay exact.
    private func wholeNumber(_ value: Value) -> Int128? {
        switch value {
        case .int64(let number) where scaling == nil: return Int128(number)
        case .uint64(let number) where scaling == nil: return Int128(number)
        default:
            guard let number = value.asDouble else { return nil }
            return Int128(exactly: (scaling?.invert(number) ?? number).rounded())
        }
    }

    private func integerBits(_ number: Int128) -> UInt64? {
        switch type.kind {
        case .signed:
            let end = Int128(1) << Int128(type.bits - 1)
            return (-end..<end).contains(number) ? UInt64(truncatingIfNeeded: number) : nil
        case .unsigned:
            return (0...Int128(type.mask)).contains(number) ? UInt64(number) : nil
        case .decimal:
            return UInt64(exactly: number).flatMap { PackedDecimal.encode($0, bits: type.bits) }
        case .bool, .float, .text: return nil
        }
    }
}
