import Telemetry

/// What is known of one boot's clocks.
struct BootTimes {
    let boot: BootID
    /// The first epoch that began in the boot. Epochs put boots in order; nil if it is not known.
    var epoch: UInt32?
    /// The latest instant at which the boot was seen to run: it lasted so long at least.
    private(set) var end: Instant
    /// How its clock relates to wall time. Once a time source has had the clock, what it showed
    /// before or without one is of no use: the two are never mixed. Before that only the newest
    /// observation is kept: who sets a clock by hand knows better than the clock did.
    var curve: ClockCurve

    /// A boot of which one observation is known.
    init(_ anchor: ClockAnchor, epoch: UInt32?) {
        boot = anchor.boot
        end = anchor.instant
        curve = ClockCurve(anchor)
        self.epoch = epoch
    }

    /// A boot that was stored.
    init(boot: BootID, epoch: UInt32?, end: Instant, curve: ClockCurve) {
        self.boot = boot
        self.epoch = epoch
        self.end = max(end, curve.last.instant)
        self.curve = curve
    }

    /// Whether a time source has had the clock in this boot.
    var isSynchronized: Bool { curve.last.quality == .synchronized }

    /// How long the boot lasted at least, from the boot clock's zero.
    var length: Duration { max(end - .zero, .zero) }

    /// Takes up an observation of this boot. An estimate is none.
    mutating func note(_ anchor: ClockAnchor, epoch: UInt32?) {
        end = max(end, anchor.instant)
        if let epoch { self.epoch = min(self.epoch ?? epoch, epoch) }
        switch (anchor.quality, isSynchronized) {
        case (.synchronized, true): curve.note(anchor)
        case (.synchronized, false): curve = ClockCurve(anchor)
        case (.unsynchronized, false):
            if anchor.instant >= curve.last.instant { curve = ClockCurve(anchor) }
        case (.unsynchronized, true), (.estimated, _): break
        }
    }

    /// Takes up what is known besides of this boot, and is newer.
    mutating func note(_ other: BootTimes) {
        for anchor in other.curve.anchors { note(anchor, epoch: other.epoch) }
        end = max(end, other.end)
    }
}

extension Instant {
    /// The boot clock's zero: the boot's start.
    static let zero = Instant(nanoseconds: 0)
}
