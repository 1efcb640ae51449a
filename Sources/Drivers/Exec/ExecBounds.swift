import Telemetry

/// Counts what a program tells by itself: lines, and the readings in them.
struct FloodWatch {
    /// The most in a second; more end the run.
    static let mostASecond = 1000

    private var begin = Instant(nanoseconds: 0)
    private var count = 0

    /// Counts. Returns whether it is a flood.
    mutating func count(_ more: Int, at now: Instant) -> Bool {
        if now - begin >= .seconds(1) { (begin, count) = (now, 0) }
        count += more
        return count > Self.mostASecond
    }
}

/// Watches how much of a processor a program uses.
struct ProcessorWatch {
    /// How long it may use more than its share.
    static let window = Duration.seconds(60)

    private var mark: (instant: Instant, used: Duration)

    /// A run that begins.
    init(at now: Instant) { mark = (now, .zero) }

    /// When to look at it.
    var next: Instant { mark.instant + Self.window }

    /// The share that was used since the last look.
    mutating func share(used: Duration, at now: Instant) -> Double {
        let share = (used - mark.used).seconds / max((now - mark.instant).seconds, 1)
        mark = (now, used)
        return share
    }
}

/// Lets a program say so much in the log, and counts the rest.
struct RemarkLimit {
    /// The most lines a minute.
    static let mostAMinute = 10

    private var begin = Instant(nanoseconds: 0)
    private var count = 0
    private var dropped = 0

    /// Whether a line may be told now; if not, it is counted.
    mutating func admits(at now: Instant) -> Bool {
        guard count < Self.mostAMinute || now - begin >= .seconds(60) else {
            dropped += 1
            return false
        }
        if now - begin >= .seconds(60) { (begin, count) = (now, 0) }
        count += 1
        return true
    }

    /// Counts lines that nobody has.
    mutating func drop(_ more: Int) { dropped += more }

    /// How many lines were not told, once the minute that they are of is over; nil if all were.
    mutating func takeDropped(at now: Instant) -> Int? {
        guard dropped > 0, now - begin >= .seconds(60) else { return nil }
        defer { dropped = 0 }
        return dropped
    }
}
