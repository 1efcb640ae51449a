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
        let healthy = earliest(samplers.filter { !$0.quarantine.isActive })
        let silent = earliest(samplers.filter(\.quarantine.isActive))
        if let silent, let turn = turn(of: silent, now: now, others: healthy?.deadline) {
            return turn
        }
        if let healthy, healthy.deadline <= now {
            return .poll(healthy.sampler, group: healthy.group, limit: nil)
        }
        let next = [healthy?.deadline, silent.map { wake(of: $0, now: now) }].compactMap { $0 }
            .min()
        return next.map { .rest(until: $0) }
    }

    private typealias Due = (sampler: DeviceSampler, deadline: Instant, group: Int)

    private static func earliest(_ samplers: [DeviceSampler]) -> Due? {
        var best: Due?
        for sampler in samplers {
            guard let next = sampler.next else { continue }
            if let best, best.deadline <= next.deadline { continue }
            best = (sampler, next.deadline, next.group)
        }
        return best
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
