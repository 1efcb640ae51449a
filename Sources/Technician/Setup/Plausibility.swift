import Telemetry

/// Whether a value can be what a sensor of its unit shows: enough to tell a wrong order of words.
enum Plausibility {
    /// What a street cabinet meets at most, by unit.
    private static let ranges: [String: ClosedRange<Double>] = [
        "V": -1500...1500, "A": -10_000...10_000, "Hz": 0...1000, "Cel": -90...400,
        "%RH": 0...100, "/": -1000...1000, "%": 0...1000, "W": -1e8...1e8, "VA": -1e8...1e8,
        "var": -1e8...1e8, "kWh": -1e9...1e9, "kvarh": -1e9...1e9, "Wh": -1e12...1e12,
        "hPa": 300...1200,
    ]
    /// Below this a number other than 0 is a float with its words in the wrong place.
    private static let least = 1e-6
    private static let most = 1e12

    /// Whether this may be true.
    static func isPlausible(_ value: Value, unit: String) -> Bool {
        guard let number = value.number else { return true }
        guard number.isFinite else { return false }
        if number == 0 { return true }
        guard (least...most).contains(number.magnitude) else { return false }
        return ranges[unit]?.contains(number) ?? true
    }
}

extension Value {
    /// As a number; nil for what is none.
    var number: Double? {
        switch self {
        case .int64(let number): Double(number)
        case .uint64(let number): Double(number)
        case .double(let number): number
        default: nil
        }
    }
}
