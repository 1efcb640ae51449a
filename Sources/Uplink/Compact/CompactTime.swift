import Telemetry

/// The times of one payload, in microseconds, by the rules of `SenMLTime`.
struct CompactTime {
    /// What the times are counted from.
    let zero: CompactTimeZero
    /// How far they are to be trusted.
    let clock: ClockQuality

    private let base: SenMLTime
    private let first: Instant

    init(first: Instant, anchor: ClockAnchor, now: Instant, boot: BootID) {
        let base = SenMLTime(first: first, anchor: anchor, now: now, boot: boot)
        (self.base, self.first) = (base, first)
        clock = ClockQuality.allCases.first { $0.name == base.clock } ?? .synchronized
        zero =
            switch base.baseMicroseconds {
            case nil: .unknown
            case let base? where base >= SenMLTime.firstAbsoluteMicroseconds: .absolute(base)
            case let base?: .relative(base)
            }
    }

    /// The microseconds of an instant behind the zero, as many nanoseconds: what the columns
    /// take.
    func offset(of instant: Instant) -> Instant {
        if zero == .unknown {
            return Instant(nanoseconds: (instant - first).nanoseconds / 1000)
        }
        return Instant(nanoseconds: base.offsetMicroseconds(of: instant))
    }
}
