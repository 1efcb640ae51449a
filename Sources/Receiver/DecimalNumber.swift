import Telemetry

/// A number as JSON writes it, exact: `mantissa` x 10^`exponent`.
struct DecimalNumber: Equatable {
    /// The longest that is read, in bytes: no double needs more than 800.
    static let byteLimit = 1024
    /// Up to here a double holds every integer (2**53), and every power of ten up to 22 as well.
    private static let largestExact: UInt64 = 1 << 53
    private static let powers: [Double] = [
        1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
        1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    ]

    var isNegative = false
    var mantissa: UInt64 = 0
    var exponent = 0
    /// Whether it was written without fraction and exponent.
    var isWhole = true
    /// Digits that did not fit into `mantissa`; then `text` has the number.
    var hasMoreDigits = false
    var text = ""

    /// Takes a further digit.
    mutating func append(digit: UInt8, isFraction: Bool) {
        let (product, overflow) = mantissa.multipliedReportingOverflow(by: 10)
        let (sum, carried) = product.addingReportingOverflow(UInt64(digit))
        guard !overflow, !carried, !hasMoreDigits else {
            hasMoreDigits = true
            return
        }
        mantissa = sum
        if isFraction { exponent -= 1 }
    }

    /// The nearest double; infinite if it is too large for one.
    var double: Double {
        guard !hasMoreDigits, mantissa <= Self.largestExact, exponent.magnitude <= 22 else {
            return Double(text) ?? .infinity
        }
        // Both are exact, so there is one rounding (Clinger, 1990).
        let power = Self.powers[Int(exponent.magnitude)]
        let value = exponent < 0 ? Double(mantissa) / power : Double(mantissa) * power
        return isNegative ? -value : value
    }

    /// As it was written: an integer if it was and 64 bits hold it, else a double.
    var value: Value? {
        if isWhole, !hasMoreDigits {
            if !isNegative {
                return Int64(exactly: mantissa).map { .int64($0) } ?? .uint64(mantissa)
            }
            if mantissa > 0, mantissa <= 1 << 63 {
                return .int64(Int64(truncatingIfNeeded: 0 &- mantissa))
            }
        }
        let double = double
        return double.isFinite ? .double(double) : nil
    }

    /// The count it is; nil if it is none, or more than 64 bits hold.
    var count: UInt64? { isWhole && !isNegative && !hasMoreDigits ? mantissa : nil }

    /// Taken as seconds: nanoseconds, rounded towards zero; nil if 64 bits do not hold them.
    var nanoseconds: Int64? {
        guard !hasMoreDigits else { return nil }
        var (magnitude, shift) = (mantissa, exponent + 9)
        while shift > 0, magnitude > 0 {
            let (product, overflow) = magnitude.multipliedReportingOverflow(by: 10)
            guard !overflow else { return nil }
            (magnitude, shift) = (product, shift - 1)
        }
        while shift < 0, magnitude > 0 { (magnitude, shift) = (magnitude / 10, shift + 1) }
        guard let whole = Int64(exactly: magnitude) else { return nil }
        return isNegative ? -whole : whole
    }
}
