import Telemetry

/// The pulses of one line: how many, and how fast they come.
struct PulseMeter {
    /// Without a pulse for so long, nothing flows.
    static let stillness = Duration.seconds(3600)

    /// All pulses ever counted.
    private(set) var count: UInt64
    /// When the last one came; nil if none has.
    private var last: Instant?
    /// The last pulse that the rate was told of, and how many there were then.
    private var anchor: (count: UInt64, instant: Instant)?
    /// Pulses a second, as last told.
    private var rate: Double?

    /// Goes on from a count.
    init(count: UInt64) {
        self.count = count
    }

    /// Takes pulses, the last of which came at an instant.
    mutating func add(_ pulses: UInt64, at instant: Instant) {
        count &+= pulses
        if anchor == nil { anchor = (count, instant) }
        last = instant
    }

    /// What comes now was not seen whole: the time between two pulses says nothing.
    mutating func interrupt() {
        (anchor, last, rate) = (nil, nil, nil)
    }

    /// Pulses a second: over the pulses since the last call, by their own stamps. Without new ones
    /// it falls as it must have, since the next one has not come yet; 0 after `stillness`. nil before
    /// the second pulse.
    mutating func rate(at now: Instant) -> Double? {
        guard let last, let anchor else { return nil }
        if count != anchor.count, last > anchor.instant {
            rate = Double(count &- anchor.count) / (last - anchor.instant).seconds
            self.anchor = (count, last)
            return rate
        }
        guard let rate else { return nil }
        let silence = now - last
        if silence >= Self.stillness { return 0 }
        return silence > .zero ? min(rate, 1 / silence.seconds) : rate
    }
}
