import Telemetry

/// What a line does next: earliest deadline first among the devices that answer; tries of those that
/// do not go into the gaps.
enum LineTurn {
    /// Nothing is due before this.
    case rest(until: Instant)
    /// A group is to be polled; a try of a silent device waits no longer than the limit.
    case poll(DeviceSampler, group: Int, limit: Duration?)
    /// A silent device is not asked this time; its points say so.
    case suspend(DeviceSampler, group: Int)

    /// nil if there is nothing to do ever.
    ///
    /// - Parameter mayBeWhole: Whether a try may take its whole time-out though others need the line.
    static func next(
        of samplers: [DeviceSampler], now: Instant, mayBeWhole: Bool
    ) -> LineTurn? {
        let healthy = due(samplers.filter { !$0.quarantine.isActive }).first
        let silent = due(samplers.filter(\.quarantine.isActive))
        // One that waits for a gap does not hold up what is said of the others.
        for due in silent {
            let turn = turn(of: due, now: now, others: healthy?.deadline, mayBeWhole: mayBeWhole)
            if let turn { return turn }
        }
        if let healthy, healthy.deadline <= now {
            return .poll(healthy.sampler, group: healthy.group, limit: firstLimit(of: healthy))
        }
        let wakes = silent.map { wake(of: $0, now: now) } + [healthy?.deadline].compactMap { $0 }
        return wakes.min().map { .rest(until: $0) }
    }

    private typealias Due = (sampler: DeviceSampler, deadline: Instant, group: Int)

    /// What each device is to do next, the earliest first.
    private static func due(_ samplers: [DeviceSampler]) -> [Due] {
        samplers.compactMap { sampler in
            sampler.next.map { (sampler, $0.deadline, $0.group) }
        }.sorted { $0.deadline < $1.deadline }
    }

    /// A device that has never answered may not be there: its first poll waits for a part of its
    /// interval alone, so that a line full of absent devices still begins in time.
    private static func firstLimit(of due: Due) -> Duration? {
        guard !due.sampler.hasAnswered else { return nil }
        let interval = due.sampler.schedules[due.group].interval
        return max(interval / Quarantine.firstPart, Quarantine.leastPatience)
    }

    /// What is done for a silent device now; nil if it waits.
    private static func turn(
        of due: Due, now: Instant, others: Instant?, mayBeWhole: Bool
    ) -> LineTurn? {
        guard due.deadline <= now else { return nil }
        let quarantine = due.sampler.quarantine
        let interval = due.sampler.schedules[due.group].interval
        guard quarantine.isDue(at: due.deadline, interval: interval) else {
            return .suspend(due.sampler, group: due.group)
        }
        let slack = others.map { $0 - now }
        switch quarantine.patience(now: now, slack: slack, mayBeWhole: mayBeWhole) {
        case .whole: return .poll(due.sampler, group: due.group, limit: nil)
        case .limited(let limit): return .poll(due.sampler, group: due.group, limit: limit)
        case nil: break
        }
        // There was no gap until the next deadline came: this one is over.
        return now - due.deadline >= interval ? .suspend(due.sampler, group: due.group) : nil
    }

    /// When to look at a silent device again that waits for its deadline, or for a gap.
    private static func wake(of due: Due, now: Instant) -> Instant {
        due.deadline > now
            ? due.deadline : due.deadline + due.sampler.schedules[due.group].interval
    }
}
