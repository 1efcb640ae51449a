import Telemetry

/// How one point's registers become its value, and back.
struct RegisterCodec: Sendable {
    var type: RegisterType
    var order: WordOrder
    /// How many registers it reads.
    var registers: Int
    /// The field of bits that is the point: lowest bit and width.
    var field: (lowest: Int, width: Int)?
    var scaling: Scaling?
    /// The raw bits that mean "not available".
    var sentinel: UInt64?

    /// The value of the registers from `start` on. The caller has made sure that they are there.
    func decode(_ words: [UInt16], from start: Int) -> (Value?, Quality) {
        if type == .string { return decodeText(words[start..<start + registers]) }
        let raw = rawBits(words, from: start)
        if raw == sentinel { return (nil, .notAvailable) }
        if let field {
            let bits = raw >> UInt64(field.lowest) & (UInt64.max >> UInt64(64 - field.width))
            return type == .bool ? (.bool(bits != 0), .good) : scaled(unsigned: bits)
        }
        switch type {
        case .bool: return (.bool(raw != 0), .good)
        case .uint16, .uint32, .uint64: return scaled(unsigned: raw)
        case .int16: return scaled(signed: Int64(Int16(truncatingIfNeeded: raw)))
        case .int32: return scaled(signed: Int64(Int32(truncatingIfNeeded: raw)))
        case .int64: return scaled(signed: Int64(bitPattern: raw))
        case .float32:
            return scaled(double: Float(bitPattern: UInt32(truncatingIfNeeded: raw)).asDecimal)
        case .float64: return scaled(double: Double(bitPattern: raw))
        case .string: return (nil, .unrepresentable)
        }
    }

    /// The registers that hold this value; nil if it does not fit.
    func encode(_ value: Value) -> [UInt16]? {
        guard field == nil, type != .string, let raw = rawBits(of: value) else { return nil }
        return (0..<registers).map { index in
            let fromHigh = order.isLowWordFirst ? registers - 1 - index : index
            let word = UInt16(truncatingIfNeeded: raw >> UInt64(16 * (registers - 1 - fromHigh)))
            return order.isLowByteFirst ? word.byteSwapped : word
        }
    }

    private func rawBits(_ words: [UInt16], from start: Int) -> UInt64 {
        var raw: UInt64 = 0
        for index in 0..<registers {
            let position = order.isLowWordFirst ? start + registers - 1 - index : start + index
            let word = words[position]
            raw = raw << 16 | UInt64(order.isLowByteFirst ? word.byteSwapped : word)
        }
        return raw
    }

    private func scaled(unsigned raw: UInt64) -> (Value?, Quality) {
        guard let scaling else { return (.uint64(raw), .good) }
        return (.double(scaling.apply(Double(raw))), .good)
    }

    private func scaled(signed raw: Int64) -> (Value?, Quality) {
        guard let scaling else { return (.int64(raw), .good) }
        return (.double(scaling.apply(Double(raw))), .good)
    }

    private func scaled(double raw: Double) -> (Value?, Quality) {
        let value = scaling?.apply(raw) ?? raw
        // Meters say "not available" with a NaN of any pattern.
        if raw.isNaN { return (nil, .notAvailable) }
        return value.isFinite ? (.double(value), .good) : (nil, .unrepresentable)
    }

    private func decodeText(_ words: ArraySlice<UInt16>) -> (Value?, Quality) {
        var bytes: [UInt8] = []
        for word in words {
            let ordered = order.isLowByteFirst ? word.byteSwapped : word
            bytes.append(UInt8(ordered >> 8))
            bytes.append(UInt8(ordered & 0xFF))
        }
        let text = bytes.prefix { $0 != 0 }
        guard let valid = String(validating: text, as: UTF8.self) else {
            return (nil, .unrepresentable)
        }
        let end = valid.utf8.lastIndex { $0 != UInt8(ascii: " ") }
        return (.string(end.map { String(valid[...$0]) } ?? ""), .good)
    }

    private func rawBits(of value: Value) -> UInt64? {
        switch (type, value) {
        case (.float32, _):
            return raw(value).map { UInt64(Float($0).bitPattern) }
        case (.float64, _):
            return raw(value).map(\.bitPattern)
        case (.uint64, .uint64(let value)) where scaling == nil: return value
        case (.int64, .int64(let value)) where scaling == nil: return UInt64(bitPattern: value)
        case (.bool, .bool(let value)): return value ? 1 : 0
        case (.bool, _), (.string, _): return nil
        default: return raw(value).flatMap(integerBits)
        }
    }

    /// The number on the wire, before it is rounded to the type.
    private func raw(_ value: Value) -> Double? {
        let number: Double
        switch value {
        case .int64(let value): number = Double(value)
        case .uint64(let value): number = Double(value)
        case .double(let value): number = value
        case .bool, .string: return nil
        }
        return scaling?.invert(number) ?? number
    }

    private func integerBits(_ number: Double) -> UInt64? {
        let rounded = number.rounded()
        switch type {
        case .int16: return Int16(exactly: rounded).map { UInt64(UInt16(bitPattern: $0)) }
        case .uint16: return UInt16(exactly: rounded).map(UInt64.init)
        case .int32: return Int32(exactly: rounded).map { UInt64(UInt32(bitPattern: $0)) }
        case .uint32: return UInt32(exactly: rounded).map(UInt64.init)
        case .int64: return Int64(exactly: rounded).map { UInt64(bitPattern: $0) }
        case .uint64: return UInt64(exactly: rounded)
        case .bool, .float32, .float64, .string: return nil
        }
    }
}

/// Scale and offset, computed so that 231 at a scale of 0.1 is 23.1 and not
/// 23.100000000000001: as whole numbers over a power of ten where the decimals allow it.
struct Scaling: Hashable, Sendable {
    private var factor: Double
    private var summand: Double
    private var divisor: Double

    /// nil when nothing is to be scaled.
    init?(scale: Double?, offset: Double?) {
        let (scale, offset) = (scale ?? 1, offset ?? 0)
        if scale == 1 && offset == 0 { return nil }
        (factor, summand, divisor) = (scale, offset, 1)
        for exponent in 1...9 {
            let power = Scaling.powers[exponent]
            let (wholeScale, wholeOffset) = ((scale * power).rounded(), (offset * power).rounded())
            guard wholeScale / power == scale && wholeOffset / power == offset else { continue }
            (factor, summand, divisor) = (wholeScale, wholeOffset, power)
            return
        }
    }

    func apply(_ raw: Double) -> Double { (raw * factor + summand) / divisor }

    func invert(_ value: Double) -> Double { (value * divisor - summand) / factor }

    static let powers: [Double] = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9]
}

extension Float {
    /// The shortest decimal that rounds to this float: 230.1, where plain widening would give
    /// 230.10000610351562. Rounding it to a float gives the device's own bits again.
    var asDecimal: Double {
        guard isFinite else { return Double(self) }
        let wide = Double(self)
        if wide.magnitude < 1e9 {
            for power in Scaling.powers.prefix(8) {
                let decimal = (wide * power).rounded() / power
                if Float(decimal) == self { return decimal }
            }
        }
        return Double(description) ?? wide
    }
}
