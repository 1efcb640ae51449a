import Console
import Gateway
import Journal
import Platform
import Telemetry

/// What was read of a point: what the gateway remembers, what a journal has, or both.
public struct PointHistory: Encodable, Sendable {
    /// Where readings are from.
    public struct Source: Encodable, Sendable {
        /// `gateway` or `journal`.
        public var name: String
        /// How many readings it has of the time that was asked for.
        public var readings: Int
        /// How long ago its first and its last were, in seconds; nil without any.
        public var oldestSecondsAgo: Double?
        public var newestSecondsAgo: Double?
        /// Of a journal: places that are damaged.
        public var damaged: Int?
        /// Of a journal: readings at any time whose clock nobody had set.
        public var untimed: Int?

        fileprivate init(_ name: String, _ pieces: HistoryPieces) {
            (self.name, readings) = (name, pieces.count)
            oldestSecondsAgo = pieces.ages?.upperBound
            newestSecondsAgo = pieces.ages?.lowerBound
        }
    }

    /// All in pieces of time.
    public private(set) var report: HistoryReport
    /// What it is made of.
    public private(set) var sources: [Source]

    /// What the gateway remembers of a point, if it was asked.
    public init(of point: String, span: Double, gateway: HistoryReport?) {
        sources = []
        var pieces = HistoryPieces(span: span)
        if let gateway {
            pieces.note(gateway)
            sources = [Source("gateway", pieces)]
        }
        self.span = span
        self.pieces = pieces
        report = HistoryReport(
            point: point, unit: gateway?.unit ?? "", bucketSeconds: pieces.seconds,
            buckets: pieces.buckets)
    }

    private let span: Double
    private var pieces: HistoryPieces

    /// How many readings there are.
    public var count: Int { report.buckets.reduce(0) { $0 + $1.good + $1.bad } }

    /// Whether there are readings from the beginning of the time that was asked for on.
    public var isWhole: Bool { (pieces.ages?.upperBound ?? 0) + pieces.seconds >= span }

    /// Takes in what a journal has. Changes nothing in it, and takes no lock.
    ///
    /// - Parameter progress: Told which part is done.
    /// - Throws: The system's refusal to show it.
    public mutating func read(journal directory: String, progress: (Double) -> Void) throws {
        let points = PointTable()
        var inspection = try JournalInspection(directory: directory, points: points)
        let journal = try JournalHistory(
            of: report.point, span: span, in: &inspection, now: SystemClock().anchor(),
            points: points, progress: progress)
        var source = Source("journal", journal.pieces)
        source.damaged = journal.damaged > 0 ? journal.damaged : nil
        source.untimed = journal.untimed > 0 ? journal.untimed : nil
        sources.append(source)
        pieces = pieces.merged(with: journal.pieces)
        report = HistoryReport(
            point: report.point, unit: report.unit.isEmpty ? journal.unit ?? "" : report.unit,
            bucketSeconds: pieces.seconds, buckets: pieces.buckets)
    }

    /// The report's members, and the sources beside them.
    public func encode(to encoder: any Encoder) throws {
        try report.encode(to: encoder)
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(sources, forKey: .sources)
    }

    private enum Key: CodingKey { case sources }

    /// What there is data for, a line a source.
    public var lines: [String] {
        sources.map { source in
            guard let oldest = source.oldestSecondsAgo, let newest = source.newestSecondsAgo else {
                return "\(source.name): no reading in the last \(timeSpan(span))" + source.doubts
            }
            let end = newest < 1 ? "now" : "\(timeSpan(newest)) ago"
            return "\(source.name): \(source.readings) readings, \(timeSpan(oldest)) ago to \(end)"
                + source.doubts
        }
    }
}

extension PointHistory.Source {
    fileprivate var doubts: String {
        (damaged.map { "; \($0) damaged places" } ?? "")
            + (untimed.map { "; \($0) with an unset clock" } ?? "")
    }
}
