/// A value that the configuration writes as one text: a duration, a size, a unit, a range of bits.
///
/// The decoder of the configuration reads such a type through `init(text:)`, reports a mistake
/// with its position, and goes on with the placeholder, so all mistakes of a file are found at once.
public protocol TextScalar: Decodable, Sendable {
    /// Reads the text.
    ///
    /// - Throws: `TextScalarError`, in words for a technician.
    init(text: String) throws(TextScalarError)

    /// What stands in for a text that could not be read; never used once loading has finished.
    static var placeholder: Self { get }
}

/// Why a text is not the value it should be.
public struct TextScalarError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong.
    public var what: String
    /// How to mend it; may be empty.
    public var mend: String

    /// A mistake and its remedy.
    public init(_ what: String, mend: String = "") {
        self.what = what
        self.mend = mend
    }

    public var description: String { mend.isEmpty ? what : what + "; " + mend }
}

extension TextScalar {
    /// Decodes the text with any decoder.
    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        do {
            try self.init(text: text)
        } catch {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: error.description))
        }
    }
}

/// A decimal number with a unit behind it, such as `250ms` or `1.5GiB`.
struct Quantity {
    /// The units by name, with what one of them is worth.
    typealias Units = KeyValuePairs<String, Int64>

    /// The amount in the smallest unit; rounded towards zero.
    let amount: Int64

    /// Reads `text`; `kind` is what it should be ("duration").
    init(_ text: String, kind: String, units: Units, example: String) throws(TextScalarError) {
        let names = units.map(\.key)
        let listed = names.dropLast().joined(separator: ", ") + " or " + (names.last ?? "")
        let number = text.prefix { $0 == "." || ("0"..."9").contains($0) }
        let unit = text.dropFirst(number.count)
        if !number.isEmpty, unit.isEmpty {
            throw TextScalarError(
                "`\(text)` has no unit",
                mend: "write \(listed) behind the number, such as \(example)")
        }
        try Self.refuseOddNumber(text, units.map(\.key))
        guard let worth = units.first(where: { $0.key == unit })?.value,
            let amount = Self.multiply(number, by: worth)
        else {
            throw TextScalarError(
                "`\(text)` is not a \(kind)",
                mend: "write a number and, without a blank, \(listed), such as \(example)")
        }
        self.amount = amount
    }

    /// What people write who know what they want: a sign, a decimal comma.
    private static func refuseOddNumber(
        _ text: String, _ units: [String]
    ) throws(TextScalarError) {
        if text.hasPrefix("-"), text.dropFirst().first?.isNumber == true {
            throw TextScalarError("`\(text)` is negative", mend: "write it without the sign")
        }
        let point = text.replacing(",", with: ".", maxReplacements: 1)
        let unit = point.drop { $0 == "." || $0.isNumber }
        guard point != text, units.contains(String(unit)), text.first?.isNumber == true else {
            return
        }
        throw TextScalarError(
            "`\(text)` has a decimal comma", mend: "write the decimal sign as a point: \(point)")
    }

    /// A decimal number of at most nine digits on either side of the point, times `worth`; nil if
    /// it is no such number or too large.
    private static func multiply(_ number: Substring, by worth: Int64) -> Int64? {
        let parts = number.split(separator: ".", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), parts.allSatisfy({ (1...9).contains($0.count) }),
            let whole = Int64(parts[0])
        else { return nil }
        let (product, overflow) = whole.multipliedReportingOverflow(by: worth)
        guard !overflow else { return nil }
        guard parts.count == 2, let fraction = Double("0." + parts[1]) else { return product }
        let (sum, carried) = product.addingReportingOverflow(Int64(Double(worth) * fraction))
        return carried ? nil : sum
    }
}

extension Duration: TextScalar {
    /// Reads `250ms`, `10s`, `5m`, `1h`, `1d`.
    public init(text: String) throws(TextScalarError) {
        let quantity = try Quantity(
            text, kind: "duration",
            units: [
                "us": 1000, "ms": 1_000_000, "s": 1_000_000_000, "m": 60_000_000_000,
                "h": 3_600_000_000_000, "d": 86_400_000_000_000,
            ], example: "10s")
        self = .nanoseconds(quantity.amount)
    }

    public static var placeholder: Duration { .zero }

    /// The duration as the configuration writes it, in the largest unit that leaves no fraction:
    /// `90s`, `250ms`.
    public var text: String {
        let units: KeyValuePairs<String, Int64> = [
            "d": 86_400_000_000_000, "h": 3_600_000_000_000, "m": 60_000_000_000,
            "s": 1_000_000_000, "ms": 1_000_000, "us": 1000,
        ]
        let unit = units.first { nanoseconds != 0 && nanoseconds % $0.value == 0 }
        guard let unit else { return nanoseconds == 0 ? "0s" : String(nanoseconds) + "ns" }
        return String(nanoseconds / unit.value) + unit.key
    }
}

extension Unit: TextScalar {
    /// Names that people write, and the registry's symbol for them.
    private static let everyday: [String: String] = [
        "°c": "Cel", "c": "Cel", "degc": "Cel", "celsius": "Cel", "volt": "V", "volts": "V",
        "ampere": "A", "amp": "A", "amps": "A", "watt": "W", "watts": "W", "kw": "kW",
        "kwh": "kWh", "wh": "Wh", "hertz": "Hz", "ohm": "Ohm", "ω": "Ohm", "percent": "%",
        "sec": "s", "second": "s", "seconds": "s", "minute": "min", "hour": "h", "hours": "h",
        "m³": "m3", "m²": "m2", "µg/m³": "ug/m3", "rh": "%RH", "%rh": "%RH",
        "rpm": "1/min", "r/min": "1/min", "u/min": "1/min",
    ]

    /// Reads a symbol of the SenML units registry.
    public init(text: String) throws(TextScalarError) {
        if let unit = Unit(text) {
            self = unit
            return
        }
        let known =
            Unit.everyday[text.lowercased()] ?? Spelling.nearest(to: text, among: Unit.allSymbols)
        throw TextScalarError(
            "`\(text)` is not a unit of the SenML registry",
            mend: known.map { "did you mean `\($0)`?" }
                ?? "use a symbol such as V, A, W, kWh, Hz, Cel, %RH")
    }

    public static var placeholder: Unit { .none }
}
