/// How one point's values are written: chosen by what costs the fewest bits.
struct SeriesPlan {
    var domain = SeriesDomain.bits
    var mode = SeriesMode.raw
    var width = 0
    /// The base or the first, where the mode has one.
    var base: Int64 = 0
    /// Zeros at the right end that `xor` leaves out.
    var shift = 0

    /// What base and shift cost at the least, in bits.
    private static let parameterBits = 16

    /// A plan that was read.
    init(domain: SeriesDomain, mode: SeriesMode, width: Int) {
        self.domain = domain
        self.mode = mode
        self.width = width
    }

    /// The plan for integers of a domain.
    init(for values: UnsafeBufferPointer<Int64>, domain: SeriesDomain) {
        self.domain = domain
        guard let first = values.first else { return }
        var (low, high, union) = (first, first, UInt64(0))
        var (deltas, xors) = (UInt64(0), UInt64(0))
        var last = first
        for value in values {
            low = min(low, value)
            high = max(high, value)
            union |= UInt64(bitPattern: value)
            deltas |= (value &- last).zigzag
            xors |= UInt64(bitPattern: value ^ last)
            last = value
        }
        choose(
            count: values.count, first: first, low: low, high: high, union: union, deltas: deltas,
            xors: xors)
    }

    private mutating func choose(
        count: Int, first: Int64, low: Int64, high: Int64, union: UInt64, deltas: UInt64,
        xors: UInt64
    ) {
        (mode, width) = (.raw, union.significantBits)
        var cost = count * width
        func isCheaper(_ bits: Int) -> Bool { bits + SeriesPlan.parameterBits < cost }
        let offsetWidth = UInt64(bitPattern: high &- low).significantBits
        if isCheaper(count * offsetWidth) {
            (mode, width, base, cost) = (.offset, offsetWidth, low, count * offsetWidth)
        }
        let deltaWidth = deltas.significantBits
        if isCheaper((count - 1) * deltaWidth) {
            (mode, width, base, cost) = (.delta, deltaWidth, first, (count - 1) * deltaWidth)
        }
        let zeros = min(xors.trailingZeroBitCount, 63)
        let xorWidth = (xors >> UInt64(zeros)).significantBits
        if domain == .bits || domain == .float, isCheaper((count - 1) * xorWidth) {
            (mode, width, base, shift) = (.xor, xorWidth, first, zeros)
        }
    }
}

extension UInt64 {
    /// How many bits it takes.
    var significantBits: Int { 64 - leadingZeroBitCount }
}

/// Doubles as integers.
enum DoubleColumn {
    private static let powers: [Double] = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9]
    /// Above it not every integer is a double.
    private static let largest = 9_007_199_254_740_992.0

    /// Turns the bits of doubles into the shortest integers that stand for them; answers how.
    static func shorten(_ bits: UnsafeMutableBufferPointer<Int64>) -> SeriesDomain {
        let areFloats = bits.allSatisfy { isFloat(Double(bitPattern: UInt64(bitPattern: $0))) }
        if let exponent = exponent(bits, isFloat: false) {
            scale(bits, exponent)
            return .decimal(UInt8(exponent))
        }
        guard areFloats else { return .bits }
        if let exponent = exponent(bits, isFloat: true) {
            scale(bits, exponent)
            return .floatDecimal(UInt8(exponent))
        }
        for index in bits.indices {
            let value = Double(bitPattern: UInt64(bitPattern: bits[index]))
            bits[index] = Int64(Float(value).bitPattern)
        }
        return .float
    }

    private static func isFloat(_ value: Double) -> Bool {
        Double(Float(value)).bitPattern == value.bitPattern
    }

    /// The least power of ten that makes integers of all; nil if none does.
    private static func exponent(
        _ bits: UnsafeMutableBufferPointer<Int64>, isFloat: Bool
    ) -> Int? {
        var exponent = 0
        var checked = 0
        var index = 0
        // Round and round, until all were seen with the same exponent.
        while checked < bits.count {
            let value = Double(bitPattern: UInt64(bitPattern: bits[index]))
            while !isExact(value, exponent, isFloat: isFloat) {
                exponent += 1
                checked = 0
                if exponent > Int(SeriesDomain.largestExponent) { return nil }
            }
            checked += 1
            index = index + 1 == bits.count ? 0 : index + 1
        }
        return exponent
    }

    @inline(__always)
    private static func isExact(_ value: Double, _ exponent: Int, isFloat: Bool) -> Bool {
        let scaled = (value * powers[exponent]).rounded()
        guard abs(scaled) < largest else { return false }
        return unscaled(Int64(scaled), exponent, isFloat: isFloat) == value.bitPattern
    }

    private static func scale(_ bits: UnsafeMutableBufferPointer<Int64>, _ exponent: Int) {
        for index in bits.indices {
            let value = Double(bitPattern: UInt64(bitPattern: bits[index]))
            bits[index] = Int64((value * powers[exponent]).rounded())
        }
    }

    /// The bits of the double that an integer stands for.
    @inline(__always)
    static func unscaled(_ integer: Int64, _ exponent: Int, isFloat: Bool) -> UInt64 {
        let value = Double(integer) / powers[exponent]
        return isFloat ? Double(Float(value)).bitPattern : value.bitPattern
    }
}
