import Telemetry

/// Requests that a device leaves without an answer, though it answers others: some devices are
/// silent about registers that they do not have. Such a request is asked last, so that it spoils no
/// other, and soon it is asked seldom: each time costs the line a time-out.
struct SilentBlocks: Sendable {
    /// So many time-outs in a row are taken for a disturbed line.
    static let patience = 3
    /// How long it is left alone then, doubled with each further time-out up to the longest.
    static let pardons = Duration.seconds(10) ... .seconds(600)

    private struct Silence {
        var count = 0
        var until: Instant
    }

    /// At most one entry a request of the plan.
    private var silences: [RegisterBlock: Silence] = [:]

    /// The requests in the order in which they are to be asked.
    func ordered(_ blocks: [RegisterBlock]) -> [RegisterBlock] {
        guard !silences.isEmpty else { return blocks }
        return blocks.filter { silences[$0] == nil } + blocks.filter { silences[$0] != nil }
    }

    /// Whether it is not to be asked yet.
    func isLeftAlone(_ block: RegisterBlock, at now: Instant) -> Bool {
        guard !silences.isEmpty, let silence = silences[block] else { return false }
        return now < silence.until
    }

    /// It was not answered. Only where the device has answered another does that count: else the
    /// whole device is silent, which is its sampler's matter.
    mutating func fail(_ block: RegisterBlock, deviceAnswers: Bool, at now: Instant) {
        var silence = silences[block] ?? Silence(until: now)
        if deviceAnswers { silence.count += 1 }
        if deviceAnswers, silence.count >= Self.patience {
            let doublings = min(silence.count - Self.patience, 6)
            silence.until =
                now + min(Self.pardons.lowerBound * (1 << doublings), Self.pardons.upperBound)
        }
        silences[block] = silence
    }

    /// It was answered.
    mutating func succeed(_ block: RegisterBlock) {
        if !silences.isEmpty { silences[block] = nil }
    }

    /// The plan has other requests now.
    mutating func forget() { silences = [:] }
}
