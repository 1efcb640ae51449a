/// One run of one journal. Made durable before the first reading of the run is published, so
/// (gateway, epoch, sequence) names one reading for ever.
public struct Epoch: Hashable, Sendable, CustomStringConvertible {
    /// Drawn at random when the journal was created: a new card is a new journal.
    public var journal: UInt64
    /// Which start of that journal this is, from 1.
    public var number: UInt32

    /// A run of a journal.
    public init(journal: UInt64, number: UInt32) {
        self.journal = journal
        self.number = number
    }

    /// The form on the wire: sixteen hexadecimal digits, a hyphen, the number.
    public var description: String { journal.hexadecimal + "-" + String(number) }
}

/// A place in the order of all readings of one journal: everything before it is meant by
/// "through" it. Ordered by epoch, then sequence; never by time.
public struct Position: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The number of the epoch.
    public var epoch: UInt32
    /// The sequence number of the next reading, from 0 in each epoch.
    public var sequence: UInt64

    /// A place in the order.
    public init(epoch: UInt32, sequence: UInt64) {
        self.epoch = epoch
        self.sequence = sequence
    }

    /// Before every reading.
    public static let start = Position(epoch: 0, sequence: 0)

    public static func < (left: Position, right: Position) -> Bool {
        (left.epoch, left.sequence) < (right.epoch, right.sequence)
    }

    public var description: String { "\(epoch):\(sequence)" }

    /// Reads what `description` wrote; nil if the text is no position.
    public init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let epoch = UInt32(parts[0]), let sequence = UInt64(parts[1]) else {
            return nil
        }
        self.init(epoch: epoch, sequence: sequence)
    }
}

/// Why readings that had an identity will never be delivered.
public enum GapReason: UInt8, Sendable, CaseIterable {
    /// The journal was full and the oldest had to go.
    case journalFull = 1
    /// The journal's file was damaged there.
    case damaged = 2
    /// Memory was full while the disk did not take them.
    case memoryFull = 3

    /// The word that stands for it on the wire and in `status`.
    public var name: String {
        switch self {
        case .journalFull: "journal-full"
        case .damaged: "damaged"
        case .memoryFull: "memory-full"
        }
    }
}

/// Consecutive readings of one epoch and one boot on their way out, or the record of a gap.
public struct OutboundBatch: Sendable {
    /// What stands at these sequence numbers.
    public enum Content: Sendable {
        /// The readings.
        case readings(ReadingBatch)
        /// This many readings were given up.
        case gap(count: UInt64, reason: GapReason)
    }

    /// The run that took the readings.
    public var epoch: Epoch
    /// The sequence number of the first.
    public var firstSequence: UInt64
    /// The readings, or the record of their loss.
    public var content: Content
    /// How the readings' instants relate to wall time, by the best anchor known now.
    public var anchor: ClockAnchor
    /// What a filter has left of the readings; nil if they are all there.
    public var selection: Selection?

    /// Some of consecutive readings.
    public struct Selection: Sendable {
        /// Of each reading how far its sequence number is behind `firstSequence`, rising.
        public var offsets: [UInt32]
        /// How many there were before.
        public var span: UInt64

        /// Some of `span` readings.
        public init(offsets: [UInt32], span: UInt64) {
            self.offsets = offsets
            self.span = span
        }
    }

    /// A batch on its way out.
    public init(
        epoch: Epoch, firstSequence: UInt64, content: Content, anchor: ClockAnchor,
        selection: Selection? = nil
    ) {
        self.epoch = epoch
        self.firstSequence = firstSequence
        self.content = content
        self.anchor = anchor
        self.selection = selection
    }

    /// How many sequence numbers it stands for.
    public var count: UInt64 {
        switch content {
        case .readings(let readings): selection?.span ?? UInt64(readings.count)
        case .gap(let count, _): count
        }
    }

    /// How many parts it can be sent in: its readings, or 1 for the record of a gap.
    public var items: Int {
        switch content {
        case .readings(let readings): readings.count
        case .gap: 1
        }
    }

    /// The sequence number from which on an item stands: the first stands for those left out
    /// before it too; `items` gives the number behind the last.
    public func sequence(of item: Int) -> UInt64 {
        if item <= 0 { return firstSequence }
        if item >= items { return firstSequence + count }
        return firstSequence + UInt64(selection?.offsets[item] ?? UInt32(item))
    }

    /// The readings for which `isWanted` holds, and the span of all.
    public func filtered(_ isWanted: (PointID) -> Bool) -> OutboundBatch {
        guard case .readings(let readings) = content,
            !readings.points.allSatisfy(isWanted)
        else { return self }
        var kept = ReadingBatch()
        var offsets: [UInt32] = []
        for index in 0..<readings.count where isWanted(readings.points[index]) {
            kept.append(readings[index])
            offsets.append(selection?.offsets[index] ?? UInt32(index))
        }
        return OutboundBatch(
            epoch: epoch, firstSequence: firstSequence, content: .readings(kept), anchor: anchor,
            selection: Selection(offsets: offsets, span: count))
    }

    /// The position of its first reading.
    public var begin: Position { Position(epoch: epoch.number, sequence: firstSequence) }

    /// The position behind its last reading.
    public var end: Position {
        Position(epoch: epoch.number, sequence: firstSequence + count)
    }
}
