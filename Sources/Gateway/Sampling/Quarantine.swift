import Telemetry

/// How a device that does not answer is asked less and less, so that it costs the others on its line
/// nothing: each failed poll doubles the time to the next try, and a try waits for a moment in which
/// the line has nothing else to do. One answer ends it.
///
/// Failures that cost next to nothing, such as an I2C chip that does not acknowledge, do not count:
/// such a device is asked as always.
struct Quarantine: Sendable {
    /// The longest time between two tries, unless the device's own interval is longer.
    static let longestDelay = Duration.seconds(60)
    /// A failed poll that takes less is no burden, however often it comes.
    static let cheapCost = Duration.milliseconds(20)
    /// The least time that a try is worth; a device that is slower needs a line with more room.
    static let leastPatience = Duration.milliseconds(100)
    /// The first poll of all may wait for this part of its interval.
    static let firstPart = 4
    /// What is kept free before the next poll of another device: the try's own bytes and silences.
    static let margin = Duration.milliseconds(30)
    /// After so many shortened tries one may take its whole time-out, for a device that has become
    /// slow.
    static let shortTries = 7
    /// The least time between two whole tries on one line, whichever device's they are: each may
    /// make the others late once.
    static let wholeTryDistance = Duration.seconds(200)

    /// Failed polls in a row; 0 for a device that is not in quarantine.
    private(set) var failures = 0
    /// Tries since the last that could take its whole time-out.
    private var triesCutShort = 0
    /// When the next try is due.
    private(set) var nextTry: Instant?

    /// Whether the device is asked less than its intervals say.
    var isActive: Bool { failures > 0 }

    /// A poll brought nothing but time-outs.
    ///
    /// - Parameters:
    ///   - interval: The shortest of the device's intervals.
    ///   - isCutShort: Whether it could not take its whole time-out.
    mutating func fail(cost: Duration, interval: Duration, isCutShort: Bool, now: Instant) {
        guard isActive || cost > Self.cheapCost else { return }
        failures += 1
        triesCutShort = isCutShort ? triesCutShort + 1 : 0
        let doublings = min(failures - 1, 16)
        let delay = min(interval * (1 << doublings), max(Self.longestDelay, interval))
        nextTry = now + delay
    }

    /// The device answered.
    mutating func succeed() {
        self = Quarantine()
    }

    /// Whether the poll of this deadline may be a try: the one nearest to the time for it, so that
    /// what the last one took does not put it off by a whole interval.
    func isDue(at deadline: Instant, interval: Duration) -> Bool {
        nextTry.map { $0 <= deadline + interval / 2 } ?? true
    }

    /// How long a try that begins now may wait for an answer; nil if it must not begin now.
    ///
    /// - Parameters:
    ///   - slack: How long nobody else needs the line; nil for ever.
    ///   - mayBeWhole: Whether the line has been spared whole tries for long enough.
    func patience(now: Instant, slack: Duration?, mayBeWhole: Bool) -> Patience? {
        guard let slack else { return .whole }
        let isOverdue = nextTry.map { now - $0 > Self.longestDelay } ?? false
        // Whole milliseconds, as messages show it.
        let room = Duration.milliseconds((slack - Self.margin).nanoseconds / 1_000_000)
        if room >= Self.leastPatience {
            return mayBeWhole && triesCutShort >= Self.shortTries ? .whole : .limited(room)
        }
        return isOverdue ? .limited(Self.leastPatience) : nil
    }

    /// How long a try may wait for an answer.
    enum Patience: Equatable {
        /// As long as the configuration says.
        case whole
        /// That, but no longer than this.
        case limited(Duration)
    }
}
