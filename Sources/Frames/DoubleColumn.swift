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
