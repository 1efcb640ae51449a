/// How far a wall time can be trusted. A time that rests on no sync is sent as such.
public enum ClockQuality: UInt8, Sendable, CaseIterable {
    /// The kernel's clock is disciplined by a time source (adjtimex(2) without STA_UNSYNC).
    case synchronized = 0
    /// No time source has set the clock in this boot: the time may be off by years.
    case unsynchronized = 1
    /// Computed from neighbouring boots because this boot never synced.
    case estimated = 2

    /// The word that stands for it on the wire and in `status`.
    public var name: String {
        switch self {
        case .synchronized: "synchronized"
        case .unsynchronized: "unsynchronized"
        case .estimated: "estimated"
        }
    }
}

/// One observation of both clocks: at `instant` of `boot` the wall clock showed `wall`.
public struct ClockAnchor: Hashable, Sendable {
    /// The boot that the instant belongs to.
    public var boot: BootID
    /// When it was observed, on the boot clock.
    public var instant: Instant
    /// What the wall clock showed.
    public var wall: WallTime
    /// How far that is to be trusted.
    public var quality: ClockQuality

    /// An observation of both clocks.
    public init(boot: BootID, instant: Instant, wall: WallTime, quality: ClockQuality) {
        self.boot = boot
        self.instant = instant
        self.wall = wall
        self.quality = quality
    }

    /// The wall time of another instant of the same boot, by this anchor alone.
    public func wallTime(at other: Instant) -> WallTime {
        wall + (other - instant)
    }
}
