import Telemetry

/// A number type that registers may hold; the raw value is its name in the configuration.
public enum NumberType: String, Sendable, CaseIterable {
    case uint16, int16, uint32, int32, float32, uint64, int64, float64

    /// How many registers it takes.
    public var registers: Int {
        switch self {
        case .uint16, .int16: 1
        case .uint32, .int32, .float32: 2
        case .uint64, .int64, .float64: 4
        }
    }

    /// The orders that make a difference: a single register has two.
    public var orders: [WordOrder] {
        registers == 1 ? [.abcd, .badc] : [.abcd, .cdab, .badc, .dcba]
    }
}

/// One way to read registers.
public struct RegisterGuess: Hashable, Sendable {
    /// The position of the first register in the dump.
    public var index: Int
    public var type: NumberType
    public var order: WordOrder

    /// A reading from this position on.
    public init(index: Int, type: NumberType, order: WordOrder) {
        (self.index, self.type, self.order) = (index, type, order)
    }

    /// The number that the registers are in this reading; nil if some are missing.
    public func number(in words: [UInt16?]) -> DecodedNumber? {
        guard index >= 0, index + type.registers <= words.count else { return nil }
        var raw: UInt64 = 0
        for offset in 0..<type.registers {
            let position = order.isLowWordFirst ? type.registers - 1 - offset : offset
            guard let word = words[index + position] else { return nil }
            raw = raw << 16 | UInt64(order.isLowByteFirst ? word.byteSwapped : word)
        }
        return switch type {
        case .uint16, .uint32, .uint64: .unsigned(raw)
        case .int16: .signed(Int64(Int16(truncatingIfNeeded: raw)))
        case .int32: .signed(Int64(Int32(truncatingIfNeeded: raw)))
        case .int64: .signed(Int64(bitPattern: raw))
        case .float32:
            .float(Float(bitPattern: UInt32(truncatingIfNeeded: raw)).asDecimal)
        case .float64: .float(Double(bitPattern: raw))
        }
    }
}

/// A number as registers hold it.
public enum DecodedNumber: Hashable, Sendable, CustomStringConvertible {
    case unsigned(UInt64), signed(Int64), float(Double)

    /// The nearest double.
    public var double: Double {
        switch self {
        case .unsigned(let value): Double(value)
        case .signed(let value): Double(value)
        case .float(let value): value
        }
    }

    public var description: String {
        switch self {
        case .unsigned(let value): "\(value)"
        case .signed(let value): "\(value)"
        case .float(let value): value.isNaN ? "nan" : value.plainText
        }
    }
}
