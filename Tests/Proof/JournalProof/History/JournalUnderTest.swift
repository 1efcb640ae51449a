import Journal
import Telemetry

/// The journal as the proofs use it: all that they call of it is here.
struct JournalUnderTest {
    /// What has been taken out of the journal to be sent.
    struct Delivery: Equatable {
        enum Content: Equatable {
            case readings([StoredReading])
            case gap(count: UInt64, reason: GapReason)
        }

        var priority: Priority
        var epoch: Epoch
        var first: UInt64
        var content: Content

        var count: UInt64 {
            switch content {
            case .readings(let readings): UInt64(readings.count)
            case .gap(let count, _): count
            }
        }
    }

    /// What the journal says of itself.
    struct Claims {
        /// All that was appended before this instant is safe; nil if all is.
        var unsafeSince: Instant?
        var readingsInMemory: Int
        var readingsOnDisk: UInt64
        var bytesOnDisk: Int
        var givenUp: UInt64
        var evicted: UInt64
        var isHealthy: Bool
        var isDurable: Bool
    }

    static let directory = SimulatedDisk.root + "/journal"

    private let journal: ReadingJournal
    private let points: ProofPoints
    /// Where sending stands in each queue, and where what is newer than the backlog began.
    private var urgent = Position.start
    private var backlog = Position.start
    private var live = Position.start
    private var liveStart = Position.start
    private var lastUrgent: StoredReading?

    init(
        disk: any FileSystem, points: ProofPoints, options: JournalOptions, anchor: ClockAnchor
    ) throws(JournalError) {
        journal = try ReadingJournal(
            directory: JournalUnderTest.directory, fileSystem: disk, points: points.table,
            options: options, anchor: anchor)
        self.points = points
        rewind()
    }

    /// The epochs that this run gives out.
    var epochs: [Epoch] { Priority.allCases.map { journal.epoch(of: $0) } }

    /// Readings with consecutive identities.
    struct Appended {
        var epoch: Epoch
        var first: UInt64
        var readings: [StoredReading]
    }

    /// Adds readings; answers which identities they got. What is urgent is urgent only when it
    /// changes.
    mutating func append(_ readings: [StoredReading], now: Instant) -> [Appended] {
        var parts = Priority.allCases.map { priority in
            let end = journal.end(of: priority)
            return Appended(
                epoch: journal.epoch(of: priority), first: end.sequence, readings: [])
        }
        for reading in readings {
            let isUrgent = reading.point == ProofPoints.urgent && !reading.isSame(as: lastUrgent)
            if isUrgent { lastUrgent = reading }
            parts[(isUrgent ? Priority.urgent : .normal).rawValue].readings.append(reading)
        }
        journal.append(points.batch(readings), now: now)
        return parts.filter { !$0.readings.isEmpty }
    }

    /// Adds the record of readings that were dropped; answers the identity of the first.
    func recordGap(count: UInt64, now: Instant) -> (Epoch, UInt64) {
        let first = journal.end(of: .normal).sequence
        journal.recordGap(count: count, reason: .memoryFull, now: now)
        return (journal.epoch(of: .normal), first)
    }

    func commitIfDue(anchor: ClockAnchor) {
        journal.commitIfDue(anchor: anchor)
    }

    /// Commits, writes the cursor.
    func close(anchor: ClockAnchor) {
        journal.close(anchor: anchor)
    }

    /// Sending begins again at the oldest that is not settled, as after a reconnect.
    mutating func rewind() {
        urgent = journal.start(of: .urgent)
        backlog = journal.start(of: .normal)
        liveStart = max(backlog, journal.memoryStart(of: .normal))
        live = liveStart
    }

    /// The next to be sent, of what is urgent at first; nil if there is nothing now.
    mutating func next(limit: Int, isLiveFirst: Bool = false) -> Delivery? {
        if let batch = next(.urgent, \.urgent, before: nil, limit) { return batch }
        if isLiveFirst, let batch = next(.normal, \.live, before: nil, limit) { return batch }
        return next(.normal, \.backlog, before: liveStart, limit)
            ?? next(.normal, \.live, before: nil, limit)
    }

    private mutating func next(
        _ priority: Priority, _ position: WritableKeyPath<Self, Position>, before: Position?,
        _ limit: Int
    ) -> Delivery? {
        guard
            let batch = journal.nextBatch(
                of: priority, after: self[keyPath: position], before: before,
                maximumReadings: limit)
        else { return nil }
        self[keyPath: position] = max(self[keyPath: position], batch.end)
        let content: Delivery.Content =
            switch batch.content {
            case .gap(let count, let reason): .gap(count: count, reason: reason)
            case .readings(let readings):
                .readings(points.stored(readings, boot: batch.anchor.boot))
            }
        return Delivery(
            priority: priority, epoch: batch.epoch, first: batch.firstSequence, content: content)
    }

    /// The other side has it.
    func settle(_ delivery: Delivery) {
        let number = delivery.epoch.number
        let begin = Position(epoch: number, sequence: delivery.first)
        let end = Position(epoch: number, sequence: delivery.first + delivery.count)
        journal.settle(begin..<end, of: delivery.priority)
    }

    var claims: Claims {
        let statistics = journal.statistics
        return Claims(
            unsafeSince: statistics.oldestUncommitted,
            readingsInMemory: statistics.readingsInMemory,
            readingsOnDisk: statistics.readingsOnDisk, bytesOnDisk: statistics.bytesOnDisk,
            givenUp: statistics.givenUp, evicted: statistics.evicted,
            isHealthy: statistics.health == .ok, isDurable: statistics.isDurable)
    }
}
