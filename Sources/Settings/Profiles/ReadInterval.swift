import Telemetry

/// How often something is read: a duration, or the class of a quantity in words.
///
/// - `fast`, 1 s: power, current, states, what an alarm looks at.
/// - `normal`, 10 s: voltage, temperature, power factor.
/// - `slow`, 1 min: counters.
/// - `once`, 1 h: serial numbers, versions and settings, which hardly ever change.
public struct ReadInterval: TextScalar {
    /// The time between two reads.
    public var duration: Duration

    private static let classes: KeyValuePairs<String, Duration> = [
        "fast": .seconds(1), "normal": .seconds(10), "slow": .seconds(60), "once": .seconds(3600),
    ]

    public init(text: String) throws(TextScalarError) {
        if let named = Self.classes.first(where: { $0.key == text }) {
            duration = named.value
        } else if text.first?.isLetter == true {
            throw TextScalarError(
                "`\(text)` is no interval",
                mend: "write fast, normal, slow, once or a duration such as 10s")
        } else {
            duration = try Duration(text: text)
        }
    }

    private init(_ duration: Duration) { self.duration = duration }

    public static var placeholder: ReadInterval { ReadInterval(.placeholder) }
}
