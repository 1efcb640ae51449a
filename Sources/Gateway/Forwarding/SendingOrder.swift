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

/// In which order readings go out over one link: what was refused and may be tried again, then
/// urgent ones, then live ones, then what had been written to disk before the link came up.
struct SendingOrder {
    /// Consecutive readings of one queue that are sent in order.
    struct Stream {
        let id: Int
        let priority: Priority
        /// Behind the last reading that was sent.
        var next: Position
        /// Where another stream goes on; nil for the queue's end.
        let end: Position?
        let isBacklog: Bool
        /// Of what was refused: how often, in how small parts it goes now, and when.
        var refusals = 0
        var itemLimit = Int.max
        var notBefore: Instant?

        /// Whether there is something to send that may be sent now.
        func isDue(_ journal: ReadingJournal, now: Instant) -> Bool {
            next < end ?? journal.end(of: priority) && notBefore.map { $0 <= now } ?? true
        }
    }

    private let outlet: Outlet
    private(set) var streams: [Stream] = []
    private var lastID = 0
    private var budget: BacklogBudget

    init(outlet: Outlet, rules: BacklogRules, now: Instant) {
        self.outlet = outlet
        budget = BacklogBudget(readingsPerSecond: rules.readingsPerSecond, now: now)
    }

    /// Begins at the oldest readings that are not settled.
    mutating func restart(_ journal: ReadingJournal, _ rules: BacklogRules) {
        let oldest = journal.start(of: .normal, for: outlet)
        let live = max(oldest, journal.memoryStart(of: .normal))
        let backlog = stream(.normal, from: oldest, to: live, isBacklog: true)
        let rest = stream(.normal, from: live, to: nil, isBacklog: false)
        let urgent = stream(
            .urgent, from: journal.start(of: .urgent, for: outlet), to: nil, isBacklog: false)
        streams = [urgent] + (rules.order == .liveFirst ? [rest, backlog] : [backlog, rest])
    }

    private mutating func stream(
        _ priority: Priority, from first: Position, to end: Position?, isBacklog: Bool
    ) -> Stream {
        lastID += 1
        return Stream(id: lastID, priority: priority, next: first, end: end, isBacklog: isBacklog)
    }

    /// Sends once more what was refused, in parts of at most `itemLimit` items and not before an
    /// instant.
    mutating func retry(
        _ delivery: Delivery, refusals: Int, itemLimit: Int = .max, notBefore: Instant? = nil
    ) {
        var again = stream(
            delivery.priority, from: delivery.range.lowerBound, to: delivery.range.upperBound,
            isBacklog: delivery.isBacklog)
        again.refusals = refusals
        again.itemLimit = max(1, itemLimit)
        again.notBefore = notBefore
        streams.insert(again, at: 0)
    }

    /// How many refused parts wait for another try.
    var retries: Int { max(0, streams.count - 3) }

    /// Whether something may be left to send now.
    func hasMore(_ journal: ReadingJournal, now: Instant) -> Bool {
        streams.contains { $0.isDue(journal, now: now) }
    }

    /// When the limit lets the next part of the backlog go; nil if none waits for that.
    func backlogDue(_ journal: ReadingJournal, maximumReadings: Int, now: Instant) -> Instant? {
        guard streams.contains(where: { $0.isBacklog && $0.isDue(journal, now: now) }) else {
            return nil
        }
        return budget.due(wanted: maximumReadings)
    }

    /// What goes out next, and the stream it is of.
    mutating func next(
        _ journal: ReadingJournal, maximumReadings: Int, now: Instant
    ) -> (stream: Stream, batch: OutboundBatch)? {
        for stream in streams where stream.isDue(journal, now: now) {
            let wanted = min(maximumReadings, stream.itemLimit)
            let limit = stream.isBacklog ? budget.allowance(now: now, wanted: wanted) : .max
            guard limit > 0 else { continue }
            let batch = journal.nextBatch(
                of: stream.priority, after: stream.next, before: stream.end,
                maximumReadings: min(limit, wanted), for: outlet)
            if let batch { return (stream, batch) }
            passSettled(stream, journal)
        }
        return nil
    }

    /// Nothing is there, or the disk is unreadable for a while.
    private mutating func passSettled(_ stream: Stream, _ journal: ReadingJournal) {
        let start = journal.start(of: stream.priority, for: outlet)
        let settled = min(start, stream.end ?? stream.next)
        pass(stream, to: max(stream.next, settled))
    }

    /// Takes note that a stream was sent up to a position; the range that went.
    mutating func advance(_ stream: Stream, through end: Position, count: Int) -> Range<Position> {
        let first = streams.first { $0.id == stream.id }?.next ?? stream.next
        let range = first..<max(end, first)
        pass(stream, to: range.upperBound)
        if stream.isBacklog { budget.spend(count) }
        return range
    }

    private mutating func pass(_ stream: Stream, to position: Position) {
        guard let index = streams.firstIndex(where: { $0.id == stream.id }) else { return }
        streams[index].next = position
        // What was refused has its stream only as long as something of it is left.
        let isRetry = index < streams.count - 3
        if isRetry, let end = streams[index].end, position >= end { streams.remove(at: index) }
    }
}

/// What of the backlog may be sent now: at most one second's worth is saved up.
struct BacklogBudget {
    let readingsPerSecond: Int?
    private var left: Double
    private var last: Instant

    init(readingsPerSecond: Int?, now: Instant) {
        self.readingsPerSecond = readingsPerSecond
        left = Double(readingsPerSecond ?? 0)
        last = now
    }

    /// How many readings may go now: none until it is a tenth of a second's worth, or all that is
    /// wanted, for a limit is not to make messages small.
    mutating func allowance(now: Instant, wanted: Int) -> Int {
        guard let readingsPerSecond else { return .max }
        let rate = Double(readingsPerSecond)
        left = min(rate, left + rate * (now - last).seconds)
        last = now
        return left >= portion(wanted) ? Int(left) : 0
    }

    /// When there is something to be had; nil without a limit.
    func due(wanted: Int) -> Instant? {
        guard let readingsPerSecond else { return nil }
        let missing = max(0, portion(wanted) - left) / Double(readingsPerSecond)
        return last + .milliseconds(Int64((missing * 1000).rounded(.up)))
    }

    private func portion(_ wanted: Int) -> Double {
        Double(max(1, min(wanted, (readingsPerSecond ?? 0) / 10)))
    }

    mutating func spend(_ count: Int) {
        if readingsPerSecond != nil { left -= Double(count) }
    }
}
