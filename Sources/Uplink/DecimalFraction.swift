/// A short decimal that is a double exactly: `numerator / 10^places`.
struct DecimalFraction: Equatable {
    /// The most places.
    static let placesLimit = 6

    var numerator: Int64
    var places: Int

    /// The decimal with the fewest places that reads back as `value`; nil if it has more than six
    /// places or its magnitude is 1e9 or more.
    ///
    /// Measured values are decimals with few digits: of at most 15 digits in all, such a decimal
    /// is the only one, and the shortest, that reads back as its double.
    init?(_ value: Double) {
        guard abs(value) < 1e9, value != 0 || value.sign == .plus else { return nil }
        for places in 0...Self.placesLimit {
            let numerator = (value * Self.powers[places]).rounded()
            if numerator / Self.powers[places] == value {
                self.numerator = Int64(numerator)
                self.places = places
                return
            }
        }
        return nil
    }

    /// The same number of microseconds, without zeros at the end.
    init(microseconds: Int64) {
        (numerator, places) = (microseconds, microseconds == 0 ? 0 : 6)
        while places > 0, numerator % 10 == 0 {
            numerator /= 10
            places -= 1
        }
    }

    private static let powers: [Double] = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6]
}
