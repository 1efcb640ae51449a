import Telemetry

@testable import Journal

/// A machine whose two clocks a test lets drift and steps apart.
struct SimulatedClocks {
    var boot = BootID(high: 1, low: 1)
    var instant = Instant.zero
    var wall = WallTime.earliestCredible
    var quality = ClockQuality.synchronized

    /// Lets time pass in which the wall clock gains some nanoseconds a second.
    mutating func advance(by duration: Duration, gainingPerSecond nanoseconds: Double = 0) {
        instant = instant + duration
        wall = wall + duration + .nanoseconds(Int64(nanoseconds * duration.seconds))
    }

    var anchor: ClockAnchor {
        ClockAnchor(boot: boot, instant: instant, wall: wall, quality: quality)
    }
}

extension WallTime {
    static func - (time: WallTime, duration: Duration) -> WallTime { time + (.zero - duration) }
}
