/// A decimal number as the kernel writes one, kept exactly: an integer with so many decimals.
struct SensorNumber: Hashable, Sendable {
    /// The most digits of a text. Two such numbers multiplied still fit.
    private static let mostDigits = 18
    /// The most decimals of a number: the power of ten still fits.
    private static let mostDecimals = 38

    private(set) var digits: Int128
    private(set) var decimals: Int

    init(_ digits: Int128, decimals: Int = 0) {
        self.digits = digits
        self.decimals = decimals
    }

    /// Reads `-12`, `0.062500000`; nil if the text is no such number.
    init?(_ text: String) {
        let isNegative = text.hasPrefix("-")
        let parts = text.dropFirst(isNegative ? 1 : 0)
            .split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false)
        let number = parts.joined()
        guard (1...2).contains(parts.count), parts.allSatisfy({ !$0.isEmpty }),
            number.utf8.count <= Self.mostDigits,
            number.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let digits = Int128(number)
        else { return nil }
        self.init(isNegative ? -digits : digits, decimals: parts.count == 2 ? parts[1].count : 0)
        strip()
    }

    /// The number nearest to it; with more than 22 decimals perhaps the one beside that.
    var double: Double {
        Double(digits) / Double(Self.power(decimals))
    }

    /// The sum; nil if it has too many digits.
    func plus(_ other: SensorNumber) -> SensorNumber? {
        let shared = max(decimals, other.decimals)
        let (left, tooLarge) = digits.multipliedReportingOverflow(by: Self.power(shared - decimals))
        let (right, alsoTooLarge) = other.digits.multipliedReportingOverflow(
            by: Self.power(shared - other.decimals))
        let (sum, overflow) = left.addingReportingOverflow(right)
        return overflow || tooLarge || alsoTooLarge ? nil : SensorNumber(sum, decimals: shared)
    }

    /// The product; nil if it has too many digits.
    func times(_ other: SensorNumber) -> SensorNumber? {
        let (product, overflow) = digits.multipliedReportingOverflow(by: other.digits)
        var result = SensorNumber(product, decimals: decimals + other.decimals)
        result.strip()
        return overflow || result.decimals > Self.mostDecimals ? nil : result
    }

    /// The number times a power of ten, -9 to 9; nil if it has too many digits.
    func shifted(by power: Int) -> SensorNumber? {
        times(
            power < 0
                ? SensorNumber(1, decimals: -power) : SensorNumber(Self.power(power)))
    }

    /// Zeros at the end of the decimals say nothing.
    private mutating func strip() {
        while decimals > 0, digits.isMultiple(of: 10) {
            digits /= 10
            decimals -= 1
        }
    }

    private static func power(_ exponent: Int) -> Int128 {
        (0..<exponent).reduce(1) { power, _ in power * 10 }
    }
}
