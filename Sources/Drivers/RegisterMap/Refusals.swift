import Telemetry

/// Registers that a device has refused by themselves. They are asked seldom, one a poll, so that
/// neither the line nor the other points notice; and often at first, for a device that refused
/// because it had just been switched on.
struct Refusals: Sendable {
    /// How long a register is left alone after its first refusal, doubled with each further one up
    /// to the longest.
    static let pardons = Duration.seconds(10) ... .seconds(600)

    private var until: [RegisterBlock.Member: Instant] = [:]
    /// How often each was refused, also before it was answered again: one that comes and goes is
    /// asked as seldom as one that is never there. At most one entry a member.
    private var counts: [RegisterBlock.Member: Int] = [:]
    /// The one that is asked in this poll.
    private var retried: RegisterBlock.Member?

    var isEmpty: Bool { until.isEmpty }
    var members: [RegisterBlock.Member] { Array(until.keys) }

    /// A poll with these requests begins: whoever has waited longest is asked again.
    mutating func beginPoll(of blocks: [RegisterBlock], at now: Instant) {
        guard !until.isEmpty else { return }
        let due = blocks.compactMap { block in
            block.members.count == 1 ? until[block.members[0]].map { (block.members[0], $0) } : nil
        }
        retried = due.filter { $0.1 <= now }.min { $0.1 < $1.1 }?.0
    }

    /// Whether a request is for such a register alone, and is not to be asked in this poll.
    func isLeftAlone(_ block: RegisterBlock) -> Bool {
        guard !until.isEmpty, block.members.count == 1 else { return false }
        return until[block.members[0]] != nil && block.members[0] != retried
    }

    /// A register was refused by itself.
    mutating func add(_ member: RegisterBlock.Member, at now: Instant) {
        let count = counts[member, default: 0]
        counts[member] = min(count + 1, 16)
        let pardon = min(Self.pardons.lowerBound * (1 << min(count, 6)), Self.pardons.upperBound)
        until[member] = now + pardon
    }

    /// A request was answered. Returns whether it was for such a register, the last that was left.
    mutating func answered(_ block: RegisterBlock) -> Bool {
        guard !until.isEmpty, block.members.count == 1 else { return false }
        return until.removeValue(forKey: block.members[0]) != nil && until.isEmpty
    }
}
