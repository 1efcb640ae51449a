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
    static func next(of samplers: [DeviceSampler], now: Instant) -> LineTurn? {
        let healthy = due(samplers.filter { !$0.quarantine.isActive }).first
        let silent = due(samplers.filter(\.quarantine.isActive))
        for due in silent {
            if let turn = turn(of: due, now: now, others: healthy?.deadline) { return turn }
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
    private static func turn(of due: Due, now: Instant, others: Instant?) -> LineTurn? {
        guard due.deadline <= now else { return nil }
        let quarantine = due.sampler.quarantine
        guard quarantine.isDue(at: due.deadline) else {
            return .suspend(due.sampler, group: due.group)
        }
        switch quarantine.patience(now: now, slack: others.map { $0 - now }) {
        case .whole: return .poll(due.sampler, group: due.group, limit: nil)
        case .limited(let limit): return .poll(due.sampler, group: due.group, limit: limit)
        case nil: break
        }
        // There was no gap until the next deadline came: this one is over.
        let interval = due.sampler.schedules[due.group].interval
        return now - due.deadline >= interval ? .suspend(due.sampler, group: due.group) : nil
    }

    /// When to look at a silent device again that waits for its deadline, or for a gap.
    private static func wake(of due: Due, now: Instant) -> Instant {
        due.deadline > now
            ? due.deadline : due.deadline + due.sampler.schedules[due.group].interval
    }
}
