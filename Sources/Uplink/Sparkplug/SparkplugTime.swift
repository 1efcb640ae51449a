import Telemetry

/// How the instants of one boot become Sparkplug's times: milliseconds of UTC.
///
/// Sparkplug has no times relative to the moment of sending, as SenML has. Therefore:
/// - a clock that was synchronized, or a time of an earlier boot estimated from its neighbours,
///   gives the metric's timestamp;
/// - what an unsynchronized clock shows is told if it can be true (a clock with a battery), beside
///   a property `Clock` that says so;
/// - else the metric has no timestamp, and hosts take the time of arrival. A cabinet whose clock
///   stands in 1970 never says 1970. This is the one deviation from "the timestamp MUST be
///   included with every metric" (section 6.4.6), and ends when the clock is synchronized, which
///   brings new births.
///
/// The timestamp of a payload, without which readers throw a message away, is then the earliest
/// that can be true.
struct SparkplugTime: Sendable {
    /// The word for the property `Clock`; nil while the clock is synchronized.
    let clock: String?
    private let isBelieved: Bool
    /// What is added to an instant's nanoseconds.
    private let offset: Int64
    private let anchor: ClockAnchor

    /// The earliest time that an unsynchronized clock is believed to show.
    private static let earliest = WallTime.earliestCredible.nanosecondsSince1970

    init(_ anchor: ClockAnchor) {
        self.anchor = anchor
        clock = anchor.quality == .synchronized ? nil : anchor.quality.name
        isBelieved = anchor.quality != .unsynchronized
        let (offset, overflow) = anchor.wall.nanosecondsSince1970.subtractingReportingOverflow(
            anchor.instant.nanoseconds)
        self.offset = overflow ? 0 : offset
    }

    /// The timestamp of a reading, in milliseconds since 1970; nil if nobody knows it.
    func milliseconds(of instant: Instant) -> UInt64? {
        let (wall, overflow) = instant.nanoseconds.addingReportingOverflow(offset)
        guard !overflow, wall >= (isBelieved ? 0 : Self.earliest) else { return nil }
        return UInt64(wall) / 1_000_000
    }

    /// The timestamp of a payload that is sent at this instant.
    func sending(at now: Instant) -> UInt64 {
        let wall = max(anchor.wallTime(at: now), .earliestCredible)
        return UInt64(wall.nanosecondsSince1970) / 1_000_000
    }
}
