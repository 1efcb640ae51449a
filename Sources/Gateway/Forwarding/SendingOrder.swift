import Journal
import Telemetry

/// How readings of an outage are sent after it.
public struct BacklogRules: Sendable, Hashable {
    /// What comes first.
    public enum Order: Sendable {
        /// New readings before old ones: the platform sees the present at once.
        case liveFirst
        /// The oldest first.
        case inOrder
    }

    /// What comes first.
    public var order: Order
    /// The most readings of the backlog a second; nil for as many as the link takes.
    public var readingsPerSecond: Int?

    /// Rules for a backlog.
    public init(order: Order = .liveFirst, readingsPerSecond: Int? = nil) {
        self.order = order
        self.readingsPerSecond = readingsPerSecond
    }
}

/// In which order readings go out over one link: urgent ones, then live ones, then what had been
/// written to disk before the link came up.
struct SendingOrder {
    /// Consecutive readings of one queue that are sent in order.
    struct Stream {
        let priority: Priority
        /// Behind the last reading that was sent.
        var next: Position
        /// Where another stream goes on; nil for the queue's end.
        let end: Position?
        let isBacklog: Bool
    }

    private(set) var streams: [Stream] = []
    private var budget: BacklogBudget

    init(rules: BacklogRules, now: Instant) {
        budget = BacklogBudget(readingsPerSecond: rules.readingsPerSecond, now: now)
    }

    /// Begins at the oldest readings that are not settled.
    mutating func restart(_ journal: ReadingJournal, _ rules: BacklogRules) {
        let oldest = journal.start(of: .normal)
        let live = max(oldest, journal.memoryStart(of: .normal))
        let backlog = Stream(priority: .normal, next: oldest, end: live, isBacklog: true)
        let rest = Stream(priority: .normal, next: live, end: nil, isBacklog: false)
        let urgent = Stream(
            priority: .urgent, next: journal.start(of: .urgent), end: nil, isBacklog: false)
        streams = [urgent] + (rules.order == .liveFirst ? [rest, backlog] : [backlog, rest])
    }

    /// Whether something may be left to send.
    func hasMore(_ journal: ReadingJournal) -> Bool {
        streams.contains { $0.next < $0.end ?? journal.end(of: $0.priority) }
    }

    /// What goes out next, and the stream it is of.
    mutating func next(
        _ journal: ReadingJournal, maximumReadings: Int, now: Instant
    ) -> (stream: Int, batch: OutboundBatch)? {
        for (index, stream) in streams.enumerated()
        where stream.next < stream.end ?? journal.end(of: stream.priority) {
            let limit = stream.isBacklog ? budget.allowance(now: now) : .max
            guard limit > 0 else { continue }
            let batch = journal.nextBatch(
                of: stream.priority, after: stream.next, before: stream.end,
                maximumReadings: min(limit, maximumReadings))
            if let batch { return (index, batch) }
            // Nothing is there, or the disk is unreadable for a while.
            let settled = min(journal.start(of: stream.priority), stream.end ?? stream.next)
            streams[index].next = max(stream.next, settled)
        }
        return nil
    }

    /// Takes note that a stream was sent up to a position; what that message carries.
    mutating func advance(_ stream: Int, through end: Position, count: Int) -> Delivery {
        let range = streams[stream].next..<max(end, streams[stream].next)
        streams[stream].next = range.upperBound
        if streams[stream].isBacklog { budget.spend(count) }
        return Delivery(priority: streams[stream].priority, range: range)
    }
}

/// What of the backlog may be sent now: at most one second's worth is saved up.
private struct BacklogBudget {
    let readingsPerSecond: Int?
    private var left: Double
    private var last: Instant

    init(readingsPerSecond: Int?, now: Instant) {
        self.readingsPerSecond = readingsPerSecond
        left = Double(readingsPerSecond ?? 0)
        last = now
    }

    mutating func allowance(now: Instant) -> Int {
        guard let readingsPerSecond else { return .max }
        let rate = Double(readingsPerSecond)
        left = min(rate, left + rate * (now - last).seconds)
        last = now
        return Int(left)
    }

    mutating func spend(_ count: Int) {
        if readingsPerSecond != nil { left -= Double(count) }
    }
}
