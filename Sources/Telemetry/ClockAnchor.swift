/// How far a wall time can be trusted. A time that rests on no sync is sent as such.
public enum ClockQuality: UInt8, Sendable, CaseIterable {
    /// A time source disciplines the clock.
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

/// Who has set the wall clock, as far as the machine tells. For people: what a time is worth is
/// its `ClockQuality`.
public enum ClockSource: UInt8, Sendable, CaseIterable {
    /// Nobody that is known.
    case none = 0
    /// A clock with a battery, read by the kernel at its start.
    case rtc = 1
    /// A time source that the kernel knows of, but none of those below.
    case kernel = 2
    /// systemd-timesyncd.
    case timesyncd = 3
    /// chronyd.
    case chrony = 4

    /// The word that stands for it in `status`.
    public var name: String {
        switch self {
        case .none: "none"
        case .rtc: "rtc"
        case .kernel: "kernel"
        case .timesyncd: "timesyncd"
        case .chrony: "chrony"
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
    /// Who had set the wall clock.
    public var source: ClockSource

    /// An observation of both clocks.
    public init(
        boot: BootID, instant: Instant, wall: WallTime, quality: ClockQuality,
        source: ClockSource = .none
    ) {
        self.boot = boot
        self.instant = instant
        self.wall = wall
        self.quality = quality
        self.source = source
    }

    /// The wall time of another instant of the same boot, by this anchor alone.
    public func wallTime(at other: Instant) -> WallTime {
        wall + (other - instant)
    }
}

extension WallTime {
    /// 2026-01-01T00:00:00Z. A clock that shows less is wrong: it would be older than this
    /// software. To be raised with the year of a release.
    public static let earliestCredible = WallTime(nanosecondsSince1970: 1_767_225_600_000_000_000)
}
