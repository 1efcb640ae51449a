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
        let healthy = earliest(samplers.filter { !$0.quarantine.isActive })
        let silent = samplers.filter(\.quarantine.isActive).compactMap { earliest([$0]) }
            .sorted { $0.deadline < $1.deadline }
        // One that waits for a gap does not hold up what is said of the others.
        for device in silent {
            let turn = turn(
                of: device, now: now, others: healthy?.deadline, mayBeWhole: mayBeWhole)
            if let turn { return turn }
        }
        if let healthy, healthy.deadline <= now {
            return .poll(healthy.sampler, group: healthy.group, limit: nil)
        }
        let wakes = silent.map { wake(of: $0, now: now) } + (healthy.map { [$0.deadline] } ?? [])
        return wakes.min().map { .rest(until: $0) }
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
