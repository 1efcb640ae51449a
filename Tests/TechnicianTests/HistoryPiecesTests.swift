import Gateway
import Testing

@testable import Technician

/// Pieces of time out of readings, and out of what the gateway remembers.
@Suite struct HistoryPiecesTests {
    @Test func aLongTimeHasLongPieces() {
        #expect(HistoryPieces(span: 3600).seconds == 30)
        #expect(HistoryPieces(span: 3600).buckets.count == 120)
        #expect(HistoryPieces(span: 86_400).seconds == 360)
        #expect(HistoryPieces(span: 86_400).buckets.count == 240)
        #expect(HistoryPieces(span: 1).buckets.count == 1)
        for span in [7201.0, 10_000, 1e6, 3e8] {
            let pieces = HistoryPieces(span: span)
            #expect(pieces.buckets.count <= HistoryPieces.most)
            #expect(pieces.seconds * Double(pieces.buckets.count) >= span)
        }
    }

    /// In whatever order readings come, the last is the last in time.
    @Test func readingsAreWhereTheyBelong() throws {
        var pieces = HistoryPieces(span: 90)
        pieces.note(2, isGood: true, secondsAgo: 31)
        pieces.note(5, isGood: true, secondsAgo: 59.9)
        pieces.note(nil, isGood: false, secondsAgo: 45)
        pieces.note(7, isGood: false, secondsAgo: 40)
        pieces.note(nil, isGood: true, secondsAgo: 0)
        pieces.note(.infinity, isGood: true, secondsAgo: 89)
        pieces.note(9, isGood: true, secondsAgo: 90)
        pieces.note(9, isGood: true, secondsAgo: -1)
        let buckets = pieces.buckets
        #expect(buckets.map(\.endedSecondsAgo) == [60, 30, 0])
        #expect(buckets.map(\.good) == [1, 2, 1])
        #expect(buckets.map(\.bad) == [0, 2, 0])
        #expect(buckets.map(\.last) == [nil, 2, nil])
        #expect(buckets[1].minimum == 2 && buckets[1].maximum == 5)
        #expect(pieces.ages == 0...89)
        #expect(pieces.count == 6)
    }

    /// The same readings in two places are not counted twice; what only one has is not lost.
    @Test func ofEachPieceTheFullerCounts() {
        let report = HistoryReport(
            point: "a/b", unit: "V", bucketSeconds: 30,
            buckets: [
                .init(endedSecondsAgo: 42, minimum: 1, maximum: 3, last: 2, good: 30, bad: 1),
                .init(endedSecondsAgo: 12, minimum: nil, maximum: nil, last: nil, good: 0, bad: 0),
                .init(endedSecondsAgo: 0, minimum: 4, maximum: 4, last: 4, good: 1, bad: 0),
            ])
        var gateway = HistoryPieces(span: 120)
        gateway.note(report)
        var journal = HistoryPieces(span: 120)
        for ago in [10.0, 11, 12, 40, 100] { journal.note(ago, isGood: true, secondsAgo: ago) }
        let merged = gateway.merged(with: journal)
        #expect(merged.buckets.map(\.good) == [1, 0, 30, 3])
        #expect(merged.buckets.map(\.bad) == [0, 0, 1, 0])
        #expect(merged.buckets.map(\.last) == [100, nil, 2, 10])
        #expect(merged.buckets[2].minimum == 1 && merged.buckets[2].maximum == 3)
        #expect(gateway.ages == 0...72)
        #expect(merged.ages == 0...100)
    }
}
