extension Workload {
    /// The most trials of one shrinking.
    private static let trialLimit = 150

    /// A smaller workload that still fails: steps are left out, in runs at first, then the
    /// numbers in them are made small.
    func shrunk(_ fails: (Workload) -> Bool) -> Workload {
        var smallest = self
        var trials = 0
        func isBetter(_ candidate: Workload) -> Bool {
            trials += 1
            return trials <= Workload.trialLimit && fails(candidate)
        }
        var length = max(steps.count / 2, 1)
        while length > 0 {
            var index = 0
            while index < smallest.steps.count {
                var candidate = smallest
                let end = min(index + length, candidate.steps.count)
                candidate.steps.removeSubrange(index..<end)
                if isBetter(candidate) { smallest = candidate } else { index += length }
            }
            length /= 2
        }
        for index in smallest.steps.indices {
            var candidate = smallest
            candidate.steps[index] = candidate.steps[index].smaller
            if candidate.steps != smallest.steps, isBetter(candidate) { smallest = candidate }
        }
        return smallest
    }
}

extension Step {
    /// The same step with the smallest numbers.
    fileprivate var smaller: Step {
        switch self {
        case .append(_, _, let isUrgent): .append(count: 1, textBytes: 0, isUrgent: isUrgent)
        case .gap: .gap(count: 1)
        case .send(_, let limit, let isLiveFirst):
            .send(batches: 1, limit: limit, isLiveFirst: isLiveFirst)
        case .acknowledge: .acknowledge(batches: 1)
        default: self
        }
    }
}
