/// An axis of values: round numbers around what is to be shown.
public struct PlotScale: Sendable, Hashable {
    /// Where a tick is, and what it says.
    public struct Tick: Sendable, Hashable {
        /// 0 is the axis' lower end, 1 its upper.
        public var place: Double
        /// What it says.
        public var label: String
    }

    /// Beyond this the difference of two numbers is no number any more.
    private static let largest = 1e300
    /// Differences that are smaller, in parts of the number, are those of its rounding.
    private static let resolution = 1e-9
    /// What is smaller is taken for 0.
    private static let smallest = 1e-200

    /// The axis' ends.
    public private(set) var bounds: ClosedRange<Double>
    private var step: Double

    /// An axis with about so many ticks. A range of a single value gets that in the middle; none is
    /// taken for 0 to 1.
    public init(_ range: ClosedRange<Double>?, ticks: Int) {
        var (low, high) = (
            Self.bounded(range?.lowerBound ?? 0), Self.bounded(range?.upperBound ?? 1)
        )
        if high - low <= max(low.magnitude, high.magnitude) * Self.resolution {
            let margin = low == 0 ? 1 : low.magnitude / 10
            (low, high) = (low - margin, high + margin)
        }
        step = Self.roundStep(over: high - low, pieces: max(ticks - 1, 1))
        bounds = (low / step).rounded(.down) * step...(high / step).rounded(.up) * step
    }

    private static func bounded(_ value: Double) -> Double {
        value.magnitude < smallest ? 0 : min(max(value, -largest), largest)
    }

    /// The least of 1, 2 and 5 times a power of ten that needs no more pieces.
    private static func roundStep(over span: Double, pieces: Int) -> Double {
        let least = span / Double(pieces)
        var power = 1.0
        while power * 10 <= least { power *= 10 }
        while power > least { power /= 10 }
        return [1, 2, 5].map { $0 * power }.first { $0 >= least } ?? 10 * power
    }

    /// Where a value is; what is beyond an end is at that end.
    public func place(_ value: Double) -> Double {
        let span = bounds.upperBound - bounds.lowerBound
        return min(max((value - bounds.lowerBound) / span, 0), 1)
    }

    /// From the lower end to the upper.
    public var ticks: [Tick] {
        let count = Int(((bounds.upperBound - bounds.lowerBound) / step).rounded())
        return (0...count).map { index in
            let value = bounds.lowerBound + Double(index) * step
            return Tick(place: Double(index) / Double(count), label: label(value))
        }
    }

    /// With as many places as tell ticks apart.
    private func label(_ value: Double) -> String {
        var (places, power) = (0, 1.0)
        while power > step * 1.000_001 && places < 12 {
            power /= 10
            places += 1
        }
        let largest = max(bounds.lowerBound.magnitude, bounds.upperBound.magnitude)
        guard largest < 1e9, places < 8 else { return Self.scientific(value) }
        return decimal(value, places)
    }

    private static func scientific(_ value: Double) -> String {
        guard value != 0 else { return "0" }
        var (mantissa, exponent) = (value.magnitude, 0)
        while mantissa >= 9.9995 {
            mantissa /= 10
            exponent += 1
        }
        while mantissa < 0.99995 {
            mantissa *= 10
            exponent -= 1
        }
        return (value < 0 ? "-" : "") + decimal(mantissa, 3) + "e\(exponent)"
    }

    /// The ticks of a time axis that ends now, at most so many.
    public static func time(seconds: Double, ticks most: Int) -> [Tick] {
        let steps: [Double] = [
            1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200,
            86_400, 172_800, 604_800,
        ]
        let pieces = Double(max(most - 1, 1))
        let step = steps.first { seconds / $0 <= pieces } ?? seconds / pieces
        let count = Int((seconds / step).rounded(.down))
        return (0...count).reversed().map { index in
            let ago = Double(index) * step
            return Tick(place: 1 - ago / seconds, label: index == 0 ? "now" : label(ago, step))
        }
    }

    private static func label(_ ago: Double, _ step: Double) -> String {
        let units: [(String, Double)] = [("d", 86_400), ("h", 3600), ("min", 60), ("s", 1)]
        let unit = units.first { step >= $0.1 && (ago / $0.1).rounded() * $0.1 == ago }
        guard let (name, size) = unit ?? units.last else { return "" }
        return "-\(decimal(ago / size, 0)) \(name)"
    }
}
