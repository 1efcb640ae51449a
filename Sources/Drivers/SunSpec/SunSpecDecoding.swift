import Telemetry

extension SunSpecPoint {
    /// The point's value. Scale factors reach from 10^-10 to 10^10 (SunSpec Device Information
    /// Model Specification V1.1, section 6.5.1).
    ///
    /// - Parameters:
    ///   - words: The point's registers, `type.registers` of them.
    ///   - factor: The scale factor's register; nil if the point has none.
    func decode(_ words: ArraySlice<UInt16>, factor: UInt16?) -> (Value?, Quality) {
        guard let raw = raw(words) else { return (nil, .notAvailable) }
        switch type {
        case .int16: return scaled(Double(Int16(truncatingIfNeeded: raw)), by: factor)
        case .uint16, .uint32, .acc32:
            return self.factor == nil ? (.uint64(raw), .good) : scaled(Double(raw), by: factor)
        case .bitfield32: return (.uint64(raw), .good)
        case .float32: return decodeFloat(UInt32(truncatingIfNeeded: raw))
        case .enum16(let states):
            guard let states else { return (.uint64(raw), .good) }
            // A number that came later than this table is shown as it is, but as text too.
            let name = states.name(of: UInt16(truncatingIfNeeded: raw))
            return (.string(name ?? "\(raw)"), .good)
        case .string: return decodeText(words)
        }
    }

    /// The registers as one number; nil if they say "not implemented".
    private func raw(_ words: ArraySlice<UInt16>) -> UInt64? {
        let raw = words.prefix(2).reduce(UInt64(0)) { $0 << 16 | UInt64($1) }
        switch type {
        case .int16: return raw == 0x8000 ? nil : raw
        case .uint16, .enum16: return raw == 0xFFFF ? nil : raw
        case .uint32, .bitfield32: return raw == 0xFFFF_FFFF ? nil : raw
        // What has never counted anything is not counted here.
        case .acc32: return raw == 0 ? nil : raw
        case .float32, .string: return raw
        }
    }

    private func scaled(_ raw: Double, by factor: UInt16?) -> (Value?, Quality) {
        guard self.factor != nil else { return (.double(raw), .good) }
        guard let exponent = factor.map({ Int(Int16(bitPattern: $0)) }),
            (-10...10).contains(exponent)
        else {
            // A factor that is not implemented or makes no sense: the value's size is unknown.
            return (nil, .notAvailable)
        }
        let power = Self.powers[abs(exponent)]
        // Dividing keeps 2301 at 10^-1 at 230.1.
        return (.double(exponent < 0 ? raw / power : raw * power), .good)
    }

    private static let powers: [Double] = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10]

    private func decodeFloat(_ bits: UInt32) -> (Value?, Quality) {
        let value = Float(bitPattern: bits)
        if value.isNaN { return (nil, .notAvailable) }
        return value.isFinite ? (.double(value.asDecimal), .good) : (nil, .unrepresentable)
    }

    private func decodeText(_ words: ArraySlice<UInt16>) -> (Value?, Quality) {
        let bytes = words.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }.prefix { $0 != 0 }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            return (nil, .unrepresentable)
        }
        let trimmed = text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()
        return trimmed.isEmpty ? (nil, .notAvailable) : (.string(String(trimmed)), .good)
    }
}
