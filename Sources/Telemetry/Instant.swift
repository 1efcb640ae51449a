/// A moment on the boot clock: nanoseconds of CLOCK_MONOTONIC since this boot's start.
///
/// The kernel stamps GPIO events with the same clock (linux/gpio.h,
/// GPIO_V2_LINE_FLAG_EVENT_CLOCK_*), so edges and polled values share one axis. An instant
/// means nothing without its boot; wall time is applied when a reading is sent.
public struct Instant: Hashable, Comparable, Sendable {
    /// Nanoseconds since the boot clock's zero.
    public var nanoseconds: Int64

    /// An instant `nanoseconds` after the boot clock's zero.
    public init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    /// Later than any other.
    public static let latest = Instant(nanoseconds: .max)

    public static func < (left: Instant, right: Instant) -> Bool {
        left.nanoseconds < right.nanoseconds
    }

    /// The instant `duration` later; saturates instead of overflowing.
    public static func + (instant: Instant, duration: Duration) -> Instant {
        let (sum, overflow) = instant.nanoseconds.addingReportingOverflow(duration.nanoseconds)
        return Instant(nanoseconds: overflow ? (duration > .zero ? .max : .min) : sum)
    }

    /// The instant `duration` earlier; saturates instead of overflowing.
    public static func - (instant: Instant, duration: Duration) -> Instant {
        instant + (.zero - duration)
    }

    /// The time from `earlier` to `later`; saturates instead of overflowing.
    public static func - (later: Instant, earlier: Instant) -> Duration {
        let (difference, overflow) = later.nanoseconds.subtractingReportingOverflow(
            earlier.nanoseconds)
        return .nanoseconds(overflow ? (later > earlier ? .max : .min) : difference)
    }
}

/// A moment of civil time: nanoseconds since 1970-01-01T00:00:00Z (CLOCK_REALTIME).
public struct WallTime: Hashable, Comparable, Sendable {
    /// Nanoseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
    public var nanosecondsSince1970: Int64

    /// The moment `nanosecondsSince1970` after the Unix epoch.
    public init(nanosecondsSince1970: Int64) {
        self.nanosecondsSince1970 = nanosecondsSince1970
    }

    public static func < (left: WallTime, right: WallTime) -> Bool {
        left.nanosecondsSince1970 < right.nanosecondsSince1970
    }

    /// The moment `duration` later; saturates instead of overflowing.
    public static func + (time: WallTime, duration: Duration) -> WallTime {
        let sum = Instant(nanoseconds: time.nanosecondsSince1970) + duration
        return WallTime(nanosecondsSince1970: sum.nanoseconds)
    }

    /// The time from `earlier` to `later`; saturates instead of overflowing.
    public static func - (later: WallTime, earlier: WallTime) -> Duration {
        Instant(nanoseconds: later.nanosecondsSince1970)
            - Instant(nanoseconds: earlier.nanosecondsSince1970)
    }
}

extension Duration {
    /// The duration in whole nanoseconds; saturates at Int64's ends (292 years).
    public var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, carried) = whole.addingReportingOverflow(attoseconds / 1_000_000_000)
        return overflow || carried ? (seconds > 0 ? .max : .min) : sum
    }

    /// The duration in seconds, for printing and for ratios.
    public var seconds: Double { Double(nanoseconds) / 1e9 }
}
