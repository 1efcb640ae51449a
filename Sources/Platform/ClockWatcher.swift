import Telemetry

/// Something that is new about the wall clock, and worth being kept.
public struct ClockNews: Hashable, Sendable {
    /// Why it is told.
    public enum Reason: Hashable, Sendable {
        /// A time source has the clock, for the first time since the watch began.
        case synchronized
        /// The clock was set.
        case stepped
        /// The regular time is over.
        case regular
    }

    /// Why it is told. A sync that comes with a step is told as a sync.
    public var reason: Reason
    /// How far the wall clock has been set, forward or back, since the last news.
    public var step: Duration
    /// What the clocks show.
    public var anchor: ClockAnchor
}

/// Tells of the first sync of the wall clock, of every step of it and, regularly, that it goes
/// on: the moments at which its anchors are worth a write. A sequence that ends when its task is
/// cancelled.
///
///     for await news in ClockWatcher(clock: clock, alarm: alarm) { ... }
///
/// A step wakes it at once. A sync without a step wakes nobody: until the first one the clock is
/// looked at every 10 s, then hourly.
public struct ClockWatcher: AsyncSequence, Sendable {
    /// How often it looks and tells.
    public struct Rhythm: Sendable {
        /// Between two looks before the first sync. 10 s unless set.
        public var untilSynchronized: Duration = .seconds(10)
        /// Between two news if nothing happens. 1 h unless set.
        public var regular: Duration = .seconds(3600)
        /// A smaller step is no news: 10 ms unless set.
        public var leastStep: Duration = .milliseconds(10)
        /// The least time between two steps that are told: steps that follow faster are told as
        /// one. 60 s unless set: two time sources at war shall not wear the card out.
        public var betweenSteps: Duration = .seconds(60)

        /// The defaults.
        public init() {}
    }

    private let clock: any BootClock
    private let alarm: any ClockAlarm
    private let rhythm: Rhythm

    /// Watches a clock. Begins when the sequence is iterated.
    public init(clock: any BootClock, alarm: any ClockAlarm, rhythm: Rhythm = Rhythm()) {
        self.clock = clock
        self.alarm = alarm
        self.rhythm = rhythm
    }

    public func makeAsyncIterator() -> Iterator {
        Iterator(
            clock: clock, alarm: alarm, lookout: ClockLookout(rhythm, from: clock.anchor()))
    }

    /// One watch.
    public struct Iterator: AsyncIteratorProtocol {
        let clock: any BootClock
        let alarm: any ClockAlarm
        var lookout: ClockLookout

        /// Suspends until there is news; nil once the task is cancelled.
        public mutating func next(isolation actor: isolated (any Actor)?) async -> ClockNews? {
            while !Task.isCancelled {
                let anchor = clock.anchor()
                if let news = lookout.news(anchor) { return news }
                await alarm.wait(until: lookout.nextLook(after: anchor), isolation: actor)
            }
            return nil
        }
    }
}

/// Decides what is news and when to look again.
struct ClockLookout {
    private let rhythm: ClockWatcher.Rhythm
    /// What was told last: steps are measured from it.
    private var told: ClockAnchor
    private var isSynchronized = false
    private var noStepBefore: Instant

    init(_ rhythm: ClockWatcher.Rhythm, from anchor: ClockAnchor) {
        self.rhythm = rhythm
        told = anchor
        noStepBefore = anchor.instant
    }

    /// What is new about the clocks if they show this.
    mutating func news(_ anchor: ClockAnchor) -> ClockNews? {
        guard let reason = reason(anchor) else { return nil }
        let step = isStep(anchor) ? step(to: anchor) : .zero
        if step != .zero { noStepBefore = anchor.instant + rhythm.betweenSteps }
        if anchor.quality == .synchronized { isSynchronized = true }
        told = anchor
        return ClockNews(reason: reason, step: step, anchor: anchor)
    }

    private func reason(_ anchor: ClockAnchor) -> ClockNews.Reason? {
        if !isSynchronized, anchor.quality == .synchronized { return .synchronized }
        if isStep(anchor), anchor.instant >= noStepBefore { return .stepped }
        return anchor.instant >= told.instant + rhythm.regular ? .regular : nil
    }

    /// When to look again if nobody sets the clock before.
    func nextLook(after anchor: ClockAnchor) -> Instant {
        var next = told.instant + rhythm.regular
        if !isSynchronized { next = min(next, anchor.instant + rhythm.untilSynchronized) }
        if isStep(anchor) { next = min(next, noStepBefore) }
        return next
    }

    private func isStep(_ anchor: ClockAnchor) -> Bool {
        let step = step(to: anchor)
        return step >= rhythm.leastStep || step <= .zero - rhythm.leastStep
    }

    private func step(to anchor: ClockAnchor) -> Duration {
        (anchor.wall - told.wall) - (anchor.instant - told.instant)
    }
}
