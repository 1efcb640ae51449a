/// A unit of measurement, by its symbol in the SenML units registry
/// (RFC 8428 section 12.1, and the secondary units of RFC 8798).
public struct Unit: Hashable, Sendable, CustomStringConvertible {
    /// The registry's symbol, such as `V`, `Cel` or `kWh`; empty for a plain number.
    public let symbol: String

    /// No unit: a count of nothing in particular, a state, a text.
    public static let none = Unit(unchecked: "")

    /// The unit with this symbol, or nil if neither registry has it.
    public init?(_ symbol: String) {
        guard Unit.primary.contains(symbol) || Unit.secondary.contains(symbol) else { return nil }
        self.symbol = symbol
    }

    /// A unit read back from where it had been checked before (the journal).
    public init(unchecked symbol: String) {
        self.symbol = symbol
    }

    public var description: String { symbol }

    /// Every symbol, for "did you mean".
    public static var allSymbols: [String] { primary.sorted() + secondary.sorted() }

    /// RFC 8428 section 12.1 with later registrations.
    static let primary: Set<String> = [
        "m", "kg", "g", "s", "A", "K", "cd", "mol", "Hz", "rad", "sr", "N", "Pa", "J", "W", "C",
        "V", "F", "Ohm", "S", "Wb", "T", "H", "Cel", "lm", "lx", "Bq", "Gy", "Sv", "kat", "m2",
        "m3", "l", "m/s", "m/s2", "m3/s", "l/s", "W/m2", "cd/m2", "bit", "bit/s", "lat", "lon",
        "pH", "dB", "dBW", "Bspl", "count", "/", "%", "%RH", "%EL", "EL", "1/s", "1/min",
        "beat/min",
        "beats", "S/m", "B", "VA", "VAs", "var", "vars", "J/m", "kg/m3", "deg", "NTU", "rgb",
    ]

    /// RFC 8798 section 3, and the registry's later secondary units.
    static let secondary: Set<String> = [
        "ms", "min", "h", "MHz", "kW", "kVA", "kvar", "Ah", "Wh", "kWh", "varh", "kvarh", "kVAh",
        "Wh/km", "KiB", "GB", "Mbit/s", "B/s", "MB/s", "mV", "mA", "dBm", "ug/m3", "mm/h", "m/h",
        "ppm", "/100", "/1000", "hPa", "mm", "cm", "km", "km/h", "ppb", "ppt", "VAh", "mg/l",
        "ug/l", "g/l",
    ]
}
