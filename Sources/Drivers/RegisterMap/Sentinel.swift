import Telemetry

/// A raw value that means "not available", as the configuration writes it.
///
/// Hexadecimal digits are the bits of the registers, in the point's order; decimal ones are the
/// number, which a float and packed decimal digits have in their own way. So 0x7FC00000 and -9999
/// both fit a float32, and 0x8000 and -32768 are the same for an int16.
public enum Sentinel: Hashable, Sendable {
    case bits(UInt64)
    case whole(Int128)
    case fraction(Double)

    /// The bits of the registers; nil if the type cannot have this value.
    func bits(of type: RegisterType) -> UInt64? {
        let number: Double
        switch self {
        case .bits(let bits): return bits <= type.mask ? bits : nil
        case .whole(let whole):
            if type.kind != .float { return wholeBits(whole, of: type) }
            number = Double(whole)
        case .fraction(let fraction): number = fraction
        }
        switch type {
        case .float32:
            let float = Float(number)
            return float.isFinite ? UInt64(float.bitPattern) : nil
        case .float64: return number.bitPattern
        default: return nil
        }
    }

    /// A negative number is a two's complement of the type's width, be it signed or not.
    private func wholeBits(_ whole: Int128, of type: RegisterType) -> UInt64? {
        if type.kind == .decimal {
            return UInt64(exactly: whole).flatMap { PackedDecimal.encode($0, bits: type.bits) }
        }
        guard type.bits > 0, whole >= -(Int128(1) << Int128(type.bits - 1)), whole <= type.mask
        else { return nil }
        return UInt64(truncatingIfNeeded: whole) & type.mask
    }
}

extension Sentinel: TextScalar {
    /// Reads `0x8000`, `-32768` or `-999.5`.
    public init(text: String) throws(TextScalarError) {
        let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
        if text.hasPrefix("0x") || text.hasPrefix("0X") {
            guard let bits = UInt64(text.dropFirst(2), radix: 16), !text.contains("+") else {
                throw Self.flaw(text, mend: "write 1 to 16 hexadecimal digits behind 0x")
            }
            self = .bits(bits)
        } else if digits.hasPrefix("0x") || digits.hasPrefix("0X") {
            throw Self.flaw(text, mend: "write the bits, such as 0x8000, or the decimal number")
        } else if digits.count > 1, digits.hasPrefix("0"), !digits.contains(".") {
            throw Self.flaw(text, mend: "write it without the 0 in front, which some read as octal")
        } else if digits.first?.isNumber == true, let number = Self.decimal(text) {
            self = number
        } else {
            throw Self.flaw(text, mend: "write a number such as -32768 or 0x8000")
        }
    }

    /// A decimal number that a register may have; nil if it is none.
    private static func decimal(_ text: String) -> Sentinel? {
        if let whole = Int128(text) { return limits.contains(whole) ? .whole(whole) : nil }
        guard let number = Double(text), number.isFinite else { return nil }
        if let whole = Int128(exactly: number), limits.contains(whole) { return .whole(whole) }
        return .fraction(number)
    }

    private static let limits = Int128(Int64.min)...Int128(UInt64.max)

    private static func flaw(_ text: String, mend: String) -> TextScalarError {
        TextScalarError("`\(text)` is not a raw value", mend: mend)
    }

    public static var placeholder: Sentinel { .bits(0) }
}

extension Sentinel: CustomStringConvertible {
    public var description: String {
        switch self {
        case .bits(let bits): "0x" + String(bits, radix: 16, uppercase: true)
        case .whole(let whole): "\(whole)"
        case .fraction(let fraction): fraction.plainText
        }
    }
}
