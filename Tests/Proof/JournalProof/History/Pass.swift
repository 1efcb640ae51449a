import Telemetry

/// One pass over all that the journal has to send, held against the ledger.
struct Pass {
    /// What came at an identity.
    enum Mark: Equatable {
        case nothing
        case reading
        case gap(GapReason)
    }

    /// What came, by epoch and sequence number.
    private(set) var marks: [Epoch: [Mark]]
    /// The same for the reader of a failure, in the order in which it came.
    private(set) var story: [String] = []
    private let ledger: Ledger
    /// The epochs of the running journal: all of theirs is owed, committed or not.
    private let live: Set<Epoch>
    private let mayEvict: Bool
    /// Whether the disk's content was changed: then what was committed may come as a gap.
    private let toleratesDamage: Bool
    /// The commits, by the operation after which they were safe, of which a part was damaged.
    private(set) var damagedCommits: Set<Int> = []
    private var givenUp: UInt64 = 0

    init(_ ledger: Ledger, live: [Epoch], mayEvict: Bool, toleratesDamage: Bool = false) {
        self.toleratesDamage = toleratesDamage
        self.ledger = ledger
        self.live = Set(live)
        self.mayEvict = mayEvict
        marks = ledger.entries.mapValues { [Mark](repeating: .nothing, count: $0.count) }
    }

    /// Takes what the journal gave, and holds each identity against what was appended.
    mutating func take(_ delivery: JournalUnderTest.Delivery) throws(Violation) {
        story.append(name(delivery))
        if isOfUnknownJournal(delivery) { return }
        guard let entries = ledger.entries[delivery.epoch],
            delivery.first + delivery.count <= UInt64(entries.count), delivery.count > 0
        else {
            throw Violation(.invented, name(delivery))
        }
        let first = Int(delivery.first)
        switch delivery.content {
        case .readings(let readings):
            for (index, reading) in readings.enumerated() {
                guard entries[first + index].reading == reading else {
                    throw Violation(
                        .altered,
                        "\(delivery.epoch) \(first + index): \(reading) instead of "
                            + "\(entries[first + index].reading.map { "\($0)" } ?? "a gap")")
                }
                try mark(delivery.epoch, first + index, .reading)
            }
        case .gap(let count, let reason):
            for sequence in first..<first + Int(count) {
                try check(entries[sequence], delivery.epoch, sequence, reason)
                try mark(delivery.epoch, sequence, .gap(reason))
            }
        }
    }

    /// After a start without a disk, which is another journal, nobody knows any more whose an
    /// epoch was of which no frame is left: the gap then names the wrong journal.
    private func isOfUnknownJournal(_ delivery: JournalUnderTest.Delivery) -> Bool {
        guard case .gap(_, .damaged) = delivery.content, ledger.epochs[delivery.epoch] == nil else {
            return false
        }
        let owners = ledger.epochs.keys.filter { $0.number == delivery.epoch.number }
        let journals = Set(ledger.epochs.keys.map(\.journal))
        return !owners.isEmpty && journals.count > 1 && journals.contains(delivery.epoch.journal)
    }

    private mutating func mark(_ epoch: Epoch, _ sequence: Int, _ mark: Mark) throws(Violation) {
        guard marks[epoch]?[sequence] == .nothing else {
            throw Violation(.duplicated, "\(epoch) \(sequence)")
        }
        marks[epoch]?[sequence] = mark
    }

    /// Whether a gap may stand where a reading was.
    private mutating func check(
        _ entry: Ledger.Entry, _ epoch: Epoch, _ sequence: Int, _ reason: GapReason
    ) throws(Violation) {
        guard isOwed(entry, epoch), entry.reading != nil, !entry.isEvicted else { return }
        switch reason {
        case .journalFull:
            guard !mayEvict else { return }
        case .memoryFull:
            givenUp += 1
            guard givenUp > ledger.givenUp.values.reduce(0, +) else { return }
        case .damaged:
            damagedCommits.insert(entry.commit)
            guard !toleratesDamage else { return }
        }
        throw Violation(.lost, "\(epoch) \(sequence): a gap, \(reason.name)")
    }

    private func isOwed(_ entry: Ledger.Entry, _ epoch: Epoch) -> Bool {
        !entry.isSettled && (entry.isCommitted || live.contains(epoch))
    }

    /// The pass is over: whatever is owed has come, and what came last shows every loss before.
    func finish() throws(Violation) {
        for (epoch, entries) in ledger.entries {
            let marks = marks[epoch] ?? []
            let reach = marks.lastIndex { $0 != .nothing } ?? 0
            for (sequence, entry) in entries.enumerated() where marks[sequence] == .nothing {
                if isOwed(entry, epoch) {
                    throw Violation(
                        .lost,
                        "\(epoch) \(sequence) of \(entries.count), safe since \(entry.committed)")
                }
                if sequence < reach, !entry.isSettled {
                    throw Violation(
                        .unnamed, "\(epoch) \(sequence), though \(reach) came")
                }
            }
            let evicted = marks.lastIndex(of: .gap(.journalFull)) ?? 0
            if let kept = marks.firstIndex(of: .reading), kept < evicted {
                throw Violation(.falseGap, "\(epoch): \(evicted) was given up before \(kept)")
            }
        }
    }

    /// Requires that a later pass gave the same for all that this one gave and that was owed.
    /// Only making room may have taken something since.
    func requireSame(_ later: Pass) throws(Violation) {
        for (epoch, marks) in marks {
            for (sequence, mark) in marks.enumerated() where mark != .nothing {
                guard ledger.entries[epoch]?[sequence].isSettled == false else { continue }
                let now = later.marks[epoch]?[sequence] ?? .nothing
                guard now == mark || mayEvict && now == .gap(.journalFull) else {
                    throw Violation(
                        .lost, "\(epoch) \(sequence): \(mark) at first, \(now) later")
                }
            }
        }
    }

    private func name(_ delivery: JournalUnderTest.Delivery) -> String {
        let what: String =
            switch delivery.content {
            case .readings: "readings"
            case .gap(_, let reason): "gap, \(reason.name)"
            }
        return "\(delivery.epoch) \(delivery.first)+\(delivery.count): \(what)"
    }
}
