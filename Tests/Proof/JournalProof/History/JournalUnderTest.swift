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
        var isHealthy: Bool
    }

    static let directory = SimulatedDisk.root + "/journal"

    private let journal: ReadingJournal
    private let points: ProofPoints
    /// Where sending stands.
    private var position: Position

    init(
        disk: any FileSystem, points: ProofPoints, options: JournalOptions, anchor: ClockAnchor
    ) throws(JournalError) {
        journal = try ReadingJournal(
            directory: JournalUnderTest.directory, fileSystem: disk, points: points.table,
            options: options, anchor: anchor)
        self.points = points
        position = journal.start
    }

    /// The epochs that this run gives out.
    var epochs: [Epoch] { [journal.epoch] }

    /// Adds readings; answers the identity of the first.
    func append(_ readings: ReadingBatch, urgent: Bool, now: Instant) -> (Epoch, UInt64) {
        (journal.epoch, journal.append(readings, urgent: urgent, now: now).sequence)
    }

    /// Adds the record of readings that were dropped; answers the identity of the first.
    func recordGap(count: UInt64, now: Instant) -> (Epoch, UInt64) {
        let first = journal.end.sequence
        journal.recordGap(count: count, reason: .memoryFull, now: now)
        return (journal.epoch, first)
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
        position = journal.start
    }

    /// The next to be sent; nil if there is nothing now.
    mutating func next(limit: Int) -> Delivery? {
        guard let batch = journal.nextBatch(after: position, maximumReadings: limit) else {
            return nil
        }
        position = max(position, batch.end)
        let content: Delivery.Content =
            switch batch.content {
            case .gap(let count, let reason): .gap(count: count, reason: reason)
            case .readings(let readings):
                .readings(points.stored(readings, boot: batch.anchor.boot))
            }
        return Delivery(epoch: batch.epoch, first: batch.firstSequence, content: content)
    }

    /// The other side has it.
    func settle(_ delivery: Delivery) {
        let end = Position(
            epoch: delivery.epoch.number, sequence: delivery.first + delivery.count)
        journal.settle(through: end)
    }

    var claims: Claims {
        let statistics = journal.statistics
        return Claims(
            unsafeSince: statistics.oldestUncommitted,
            readingsInMemory: statistics.readingsInMemory,
            readingsOnDisk: statistics.readingsOnDisk, bytesOnDisk: statistics.bytesOnDisk,
            givenUp: statistics.givenUp, isHealthy: statistics.health == .ok)
    }
}
