import Telemetry

/// What is known beside the journal: every identity that was given out, what stands there, and
/// since which operation of the disk it was promised to be safe.
struct Ledger {
    /// One identity.
    struct Entry {
        /// The reading; nil for one that was dropped before it got to the journal.
        var reading: StoredReading?
        var appended: Instant
        /// The number of disk operations before it was given out.
        var since: Int
        /// The number of disk operations after which the journal called it safe.
        var committed = Int.max
        /// The same number, kept when a crash makes all that is safe equal: names the commit.
        var commit = 0
        /// The number of disk operations before it was settled.
        var settled = Int.max

        /// Whether it was given up for want of room: then a gap is all that is owed.
        var isEvicted = false

        var isCommitted: Bool { committed < .max }
        var isSettled: Bool { settled < .max }
    }

    private(set) var entries: [Epoch: [Entry]] = [:]
    /// Epochs given out, and the number of operations after which they were.
    private(set) var epochs: [Epoch: Int] = [:]
    /// Readings that the journal said it had to give up, by run.
    private(set) var givenUp: [Epoch: UInt64] = [:]
    /// How many boots there were.
    private(set) var boots: UInt64 = 0

    /// A new boot of the machine.
    mutating func boot() -> BootID {
        boots += 1
        return BootID(high: 7, low: boots)
    }

    /// A run begins.
    mutating func begin(_ epoch: Epoch, operations: Int) throws(Violation) {
        guard epochs[epoch] == nil else { throw Violation(.epochTwice, "\(epoch)") }
        epochs[epoch] = operations
        entries[epoch] = []
    }

    /// Identities are given out: to readings, or to ones that were dropped.
    mutating func append(
        _ readings: [StoredReading?], epoch: Epoch, first: UInt64, now: Instant, operations: Int
    ) throws(Violation) {
        let expected = entries[epoch]?.count ?? 0
        guard first == UInt64(expected) else {
            throw Violation(.sequence, "\(epoch) \(first) was given out, \(expected) was next")
        }
        entries[epoch, default: []] += readings.map {
            Entry(reading: $0, appended: now, since: operations)
        }
    }

    /// The journal calls everything of a run safe that was appended before an instant.
    mutating func commit(_ epoch: Epoch, before instant: Instant, operations: Int) {
        guard let known = entries[epoch] else { return }
        for index in known.indices.reversed() {
            guard !known[index].isCommitted else { break }
            guard known[index].appended < instant else { continue }
            entries[epoch]?[index].committed = operations
            entries[epoch]?[index].commit = operations
        }
    }

    /// What came back after a crash is safe: it was on the medium.
    mutating func recovered(_ epoch: Epoch, _ sequence: Int, operations: Int) {
        guard let known = entries[epoch]?[sequence], !known.isCommitted else { return }
        entries[epoch]?[sequence].committed = operations
    }

    /// The other side has a range.
    mutating func settle(_ epoch: Epoch, _ range: Range<UInt64>, operations: Int) {
        for sequence in range {
            let index = Int(sequence)
            guard let known = entries[epoch], index < known.count else { return }
            entries[epoch]?[index].settled = min(known[index].settled, operations)
        }
    }

    /// It was given up for want of room.
    mutating func evict(_ epoch: Epoch, _ sequence: Int) {
        entries[epoch]?[sequence].isEvicted = true
    }

    mutating func giveUp(_ count: UInt64, epoch: Epoch) {
        givenUp[epoch] = count
    }

    /// What was known when the power went after so many operations.
    func frozen(at operations: Int) -> Ledger {
        var frozen = self
        frozen.epochs = epochs.filter { $0.value <= operations }.mapValues { _ in 0 }
        frozen.entries = entries.mapValues { entries in
            entries.prefix { $0.since <= operations }.map { entry in
                var entry = entry
                entry.since = 0
                entry.committed = entry.committed <= operations ? 0 : .max
                entry.settled = entry.settled <= operations ? 0 : .max
                return entry
            }
        }
        return frozen
    }

    /// How many identities there are.
    var count: Int { entries.values.reduce(0) { $0 + $1.count } }
}
