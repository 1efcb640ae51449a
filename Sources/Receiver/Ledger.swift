import Telemetry

/// A message that was not taken.
public struct RefusedMessage: Sendable {
    /// Where it came.
    public var topic: String
    /// Why it was not taken.
    public var reason: String
    /// What it said; only the beginning is kept.
    public var payload: [UInt8]
    /// When it came.
    public var arrival: WallTime
}

/// Numbers that will not come, or have not come.
public struct Gap: Equatable, Sendable {
    /// The run of the gateway.
    public var stream: StreamKey
    /// The numbers.
    public var numbers: Range<UInt64>
    /// Why the gateway has given them up; nil if it has not said so.
    public var reason: String?
}

/// What a transaction has changed.
struct Recording: Sendable {
    /// Readings that were not there before.
    var inserted = 0
    /// Readings that were.
    var repeated = 0
    /// Gateways of which nothing was there before.
    var newGateways: [String] = []
    /// What gateways have declared lost.
    var gaps: [Gap] = []
}

/// What a database holds, as transactions on it. All that several receivers may do at once is
/// inside of one, so that a message that comes twice, or to two of them, changes nothing the second
/// time.
struct Ledger {
    private static let ofStream = "WHERE gateway = $1 AND journal = $2 AND epoch = $3"

    let connection: any SQLConnection

    private func key(_ stream: StreamKey) -> [SQLValue] {
        [
            .text(stream.gateway), .text(stream.epoch.journalDigits),
            .integer(Int64(stream.epoch.number)),
        ]
    }

    // MARK: Writing

    /// Writes batches and what they cover in one transaction.
    func record(
        _ batches: [ReceivedBatch], refused: [RefusedMessage]
    ) throws(DatabaseFailure) -> Recording {
        try connection.begin(batches.map(\.stream))
        do throws(DatabaseFailure) {
            var recording = Recording()
            for gateway in Set(batches.map(\.stream.gateway)).sorted() {
                if try !isKnown(gateway) { recording.newGateways.append(gateway) }
            }
            for batch in batches { try insert(batch, &recording) }
            for (stream, ranges) in spans(of: batches) {
                for range in ranges.ranges { try cover(range, of: stream) }
            }
            for batch in batches { try declare(batch, &recording) }
            for message in refused { try setAside(message) }
            try connection.commit()
            return recording
        } catch {
            connection.rollback()
            throw error
        }
    }

    private func isKnown(_ gateway: String) throws(DatabaseFailure) -> Bool {
        try !connection.rows(
            "SELECT 1 FROM covered WHERE gateway = $1 LIMIT 1", [.text(gateway)]
        ).isEmpty
    }

    /// What the readings' messages stand for.
    private func spans(of batches: [ReceivedBatch]) -> [StreamKey: SequenceRanges] {
        var spans: [StreamKey: SequenceRanges] = [:]
        for batch in batches where !batch.isGap {
            spans[batch.stream, default: SequenceRanges()].insert(batch.span)
        }
        return spans
    }

    private func insert(
        _ batch: ReceivedBatch, _ recording: inout Recording
    ) throws(DatabaseFailure) {
        guard case .readings(let readings) = batch.content else { return }
        try fillGaps(batch)
        guard !readings.isEmpty else { return }
        let inserted = try connection.insert(readings, of: batch.stream)
        recording.inserted += inserted
        recording.repeated += readings.count - inserted
    }

    /// A gap is what has not come before: the gateway may not have known that it had.
    private func declare(
        _ batch: ReceivedBatch, _ recording: inout Recording
    ) throws(DatabaseFailure) {
        guard case .gap(let reason) = batch.content else { return }
        for numbers in try missing(batch.span, of: batch.stream) {
            try declare(numbers, reason.storable, of: batch.stream)
            try cover(numbers, of: batch.stream)
            recording.gaps.append(Gap(stream: batch.stream, numbers: numbers, reason: reason))
        }
    }

    // MARK: Ranges

    /// The ranges that share a number with `range` or touch it. Ranges are disjoint: of those that
    /// begin before it only the last can.
    private func covered(
        near range: Range<UInt64>, of stream: StreamKey
    ) throws(DatabaseFailure) -> SequenceRanges {
        let before = try connection.rows(
            "SELECT first, \"end\" FROM covered \(Self.ofStream) AND first <= $4 "
                + "ORDER BY first DESC LIMIT 1", key(stream) + [.number(range.lowerBound)])
        let behind = try connection.rows(
            "SELECT first, \"end\" FROM covered \(Self.ofStream) AND first > $4 AND first <= $5 "
                + "ORDER BY first",
            key(stream) + [.number(range.lowerBound), .number(range.upperBound)])
        var ranges = SequenceRanges()
        for row in before + behind {
            guard let found = row.numbers, found.upperBound >= range.lowerBound else { continue }
            ranges.insert(found)
        }
        return ranges
    }

    private func missing(
        _ range: Range<UInt64>, of stream: StreamKey
    ) throws(DatabaseFailure) -> [Range<UInt64>] {
        try covered(near: range, of: stream).missing(from: range)
    }

    /// Joins a range with those that it meets. One that is there already costs no write.
    private func cover(
        _ range: Range<UInt64>, of stream: StreamKey
    ) throws(DatabaseFailure) {
        let near = try covered(near: range, of: stream)
        guard !near.missing(from: range).isEmpty else { return }
        var joined = near
        joined.insert(range)
        for known in near.ranges {
            try connection.run(
                "DELETE FROM covered \(Self.ofStream) AND first = $4",
                key(stream) + [.number(known.lowerBound)])
        }
        for whole in joined.ranges {
            try connection.run(
                "INSERT INTO covered (gateway, journal, epoch, first, \"end\") "
                    + "VALUES ($1, $2, $3, $4, $5)",
                key(stream) + [.number(whole.lowerBound), .number(whole.upperBound)])
        }
    }

    // MARK: Declared gaps

    private func declare(
        _ numbers: Range<UInt64>, _ reason: String, of stream: StreamKey
    ) throws(DatabaseFailure) {
        try connection.run(
            "INSERT INTO gaps (gateway, journal, epoch, first, count, reason) "
                + "VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
            key(stream) + [
                .number(numbers.lowerBound), .number(numbers.upperBound - numbers.lowerBound),
                .text(reason),
            ])
    }

    /// Readings that come after all are no gap any more.
    private func fillGaps(_ batch: ReceivedBatch) throws(DatabaseFailure) {
        let rows = try connection.rows(
            "SELECT first, count, reason FROM gaps \(Self.ofStream) AND first < $4 "
                + "AND first + count > $5",
            key(batch.stream) + [.number(batch.span.upperBound), .number(batch.span.lowerBound)])
        for row in rows {
            guard let first = row[0].flatMap(UInt64.init), let count = row[1].flatMap(UInt64.init)
            else { continue }
            try connection.run(
                "DELETE FROM gaps \(Self.ofStream) AND first = $4",
                key(batch.stream) + [.number(first)])
            var filled = SequenceRanges()
            filled.insert(batch.span)
            for left in filled.missing(from: first..<first + count) {
                try declare(left, row[2] ?? "", of: batch.stream)
            }
        }
    }

    // MARK: What was refused

    private func setAside(_ message: RefusedMessage) throws(DatabaseFailure) {
        try connection.run(
            "INSERT INTO refused (received_ns, topic, reason, payload) VALUES ($1, $2, $3, $4)",
            [
                .integer(message.arrival.nanosecondsSince1970), .text(message.topic.storable),
                .text(message.reason.storable),
                .blob(Array(message.payload.prefix(Schema.refusedPayloadLimit))),
            ])
        try connection.run(
            "DELETE FROM refused WHERE id <= (SELECT max(id) FROM refused) - $1",
            [.integer(Int64(Schema.refusedLimit))])
    }

    // MARK: Reading

    /// What is committed of a stream: all below `committed`, and of the ranges behind it the newest.
    func watermark(of stream: StreamKey) throws(DatabaseFailure) -> StreamWatermark {
        let first = try connection.rows(
            "SELECT \"end\" FROM covered \(Self.ofStream) AND first = 0", key(stream))
        let newest = try connection.rows(
            "SELECT first, \"end\" FROM covered \(Self.ofStream) AND first > 0 "
                + "ORDER BY first DESC LIMIT \(StreamWatermark.rangeLimit)", key(stream))
        return StreamWatermark(
            stream: stream, committed: first.first?[0].flatMap(UInt64.init) ?? 0,
            ranges: newest.compactMap(\.numbers).reversed())
    }

    /// How many numbers of a stream have not come though later ones have.
    func missing(of stream: StreamKey) throws(DatabaseFailure) -> UInt64 {
        let rows = try connection.rows(
            "SELECT max(\"end\") - sum(\"end\" - first) FROM covered \(Self.ofStream)", key(stream))
        return rows.first?[0].flatMap(UInt64.init) ?? 0
    }

    /// What gateways have declared lost, and what has not come though later numbers have; by
    /// gateway, epoch and number. At most `limit` of each.
    func gaps(limit: Int) throws(DatabaseFailure) -> [Gap] {
        var gaps: [Gap] = []
        try connection.run(
            "SELECT gateway, journal, epoch, first, first + count, reason FROM gaps "
                + "ORDER BY gateway, journal, epoch, first LIMIT \(limit)", []
        ) { row in
            guard let stream = row.stream, let numbers = Array(row[3...4]).numbers else { return }
            gaps.append(Gap(stream: stream, numbers: numbers, reason: row[5]))
        }
        return (gaps + (try holes(limit: limit))).sorted {
            (
                $0.stream.gateway, $0.stream.epoch.journal, $0.stream.epoch.number,
                $0.numbers.lowerBound
            )
                < (
                    $1.stream.gateway, $1.stream.epoch.journal, $1.stream.epoch.number,
                    $1.numbers.lowerBound
                )
        }
    }

    private func holes(limit: Int) throws(DatabaseFailure) -> [Gap] {
        var holes: [Gap] = []
        var (stream, next): (StreamKey?, UInt64) = (nil, 0)
        try connection.run(
            "SELECT gateway, journal, epoch, first, \"end\" FROM covered "
                + "ORDER BY gateway, journal, epoch, first", []
        ) { row in
            guard let key = row.stream, let numbers = Array(row[3...4]).numbers else { return }
            if key != stream { (stream, next) = (key, 0) }
            if numbers.lowerBound > next, holes.count < limit {
                holes.append(Gap(stream: key, numbers: next..<numbers.lowerBound, reason: nil))
            }
            next = numbers.upperBound
        }
        return holes
    }
}

extension SQLRow {
    /// The first two columns as a half-open range.
    fileprivate var numbers: Range<UInt64>? {
        guard count >= 2, let first = self[0].flatMap({ UInt64($0) }),
            let end = self[1].flatMap({ UInt64($0) }), first <= end
        else { return nil }
        return first..<end
    }

    /// The first three columns as a stream.
    fileprivate var stream: StreamKey? {
        guard count >= 3, let gateway = self[0],
            let journal = self[1].flatMap({ UInt64($0, radix: 16) }),
            let number = self[2].flatMap({ UInt32($0) })
        else { return nil }
        return StreamKey(gateway: gateway, epoch: Epoch(journal: journal, number: number))
    }
}

extension String {
    /// What both databases take for a text.
    fileprivate var storable: String {
        utf8.contains(0) ? String(map { $0 == "\0" ? "\u{FFFD}" : $0 }) : self
    }
}
