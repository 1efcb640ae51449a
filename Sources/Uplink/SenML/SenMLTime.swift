import Telemetry

/// How the instants of one message become SenML times.
///
/// RFC 8428 section 4.5.3: a time of 2**28 seconds or more is absolute, a smaller one is
/// relative to the receiver's now. Therefore:
/// - a clock that was synchronized, or a time of an earlier boot estimated from its neighbours,
///   gives absolute times;
/// - while the clock of the present boot has not been synchronized, times are relative to the
///   moment of sending, which is exact: a cabinet whose clock stands in 1970 never says 1970,
///   and no estimate is as good;
/// - readings of an earlier boot that never synchronized get what their clock showed if that is
///   above 2**28 (July 1978), and no time at all otherwise: nobody knows it.
struct SenMLTime {
    /// 2**28 seconds, in microseconds.
    static let firstAbsoluteMicroseconds: Int64 = (1 << 28) * 1_000_000

    /// The time of the first reading in microseconds, absolute or relative; nil for none.
    let baseMicroseconds: Int64?
    /// What is said about the clock: `estimated` or `unsynchronized`; nil when it was
    /// synchronized.
    let clock: String?

    private let baseNanoseconds: Int64
    private let first: Instant

    init(first: Instant, anchor: ClockAnchor, now: Instant, boot: BootID) {
        let wall = anchor.wallTime(at: first).nanosecondsSince1970
        let isAbsolute = wall.microseconds >= SenMLTime.firstAbsoluteMicroseconds
        self.first = first
        if anchor.boot == boot, anchor.quality != .synchronized || !isAbsolute {
            baseNanoseconds = min(.zero, first - now).nanoseconds
            baseMicroseconds = baseNanoseconds.microseconds
            clock = ClockQuality.unsynchronized.name
        } else if isAbsolute {
            baseNanoseconds = wall
            baseMicroseconds = wall.microseconds
            clock = anchor.quality == .synchronized ? nil : anchor.quality.name
        } else {
            baseNanoseconds = 0
            baseMicroseconds = nil
            clock = ClockQuality.unsynchronized.name
        }
    }

    /// The time of another reading after the first, in microseconds; 0 without a base. Rounded
    /// so that base and offset add up to the reading's time rounded down.
    func offsetMicroseconds(of instant: Instant) -> Int64 {
        guard let baseMicroseconds, instant != first else { return 0 }
        // Not as a Duration, which counts attoseconds in 128 bits: this is done for each reading.
        let (distance, isFar) = instant.nanoseconds.subtractingReportingOverflow(first.nanoseconds)
        let nearest: Int64 = instant > first ? .max : .min
        let (sum, overflow) = baseNanoseconds.addingReportingOverflow(isFar ? nearest : distance)
        return overflow ? 0 : sum.microseconds - baseMicroseconds
    }
}

extension Int64 {
    /// Nanoseconds in whole microseconds, rounded down.
    fileprivate var microseconds: Int64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: 1000)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
