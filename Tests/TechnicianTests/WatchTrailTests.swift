import Telemetry
import Testing

@testable import Gateway
@testable import Technician

/// The small plots' values, from the gateway's memory and from what is seen.
struct WatchTrailTests {
    private func history(_ values: [Double?], endedAgo: Double = 10) -> HistoryReport {
        let buckets = values.enumerated().map { index, value in
            let later = values.count - 1 - index
            return HistoryReport.Bucket(
                endedSecondsAgo: later == 0 ? 0 : Double(later - 1) * 30 + endedAgo, minimum: value,
                maximum: value, last: value, good: 1, bad: 0)
        }
        return HistoryReport(point: "a/b", unit: "", bucketSeconds: 30, buckets: buckets)
    }

    @Test func thePastAndWhatIsSeenFitTogether() {
        var trail = WatchTrail(isKept: true)
        trail.note(5, at: 3605)
        trail.fill(history([1, 2, nil, 4]), at: 3610)
        #expect(trail.values(at: 3611) == [1, 2, nil, 5])
        trail.note(6, at: 3615)
        trail.note(7, at: 3640)
        #expect(trail.values(at: 3641) == [1, 2, nil, 6, 7])
    }

    @Test func timeWithoutAValueIsAGap() {
        var trail = WatchTrail(isKept: true)
        trail.note(1, at: 3600)
        #expect(trail.values(at: 3690) == [1, nil, nil, nil])
        #expect(trail.values(at: 36_000).count <= WatchTrail.pieces)
        trail.note(2, at: 36_000)
        #expect(trail.values(at: 36_000).compactMap(\.self) == [2])
    }

    @Test func noMoreIsKeptThanItsBound() {
        var trail = WatchTrail(isKept: true)
        for piece in 0..<1000 { trail.note(Double(piece), at: Double(piece) * 30) }
        trail.fill(history((0..<120).map(Double.init)), at: 29_970)
        #expect(trail.values(at: 29_970).count == WatchTrail.pieces)
        #expect(trail.values(at: 29_970).last == 999)
    }

    @Test func wildTimesAndValuesTrapNothing() {
        var trail = WatchTrail(isKept: true)
        for time in [-.infinity, .nan, 1e300, -1e11, 1e11, 0] { trail.note(1, at: time) }
        trail.note(.infinity, at: 30)
        trail.fill(history([.nan, 1e300, -.infinity]), at: 5)
        #expect(trail.values(at: 1e11).count <= WatchTrail.pieces)
        #expect(trail.values(at: .infinity) == [])
    }

    @Test func withoutRoomNothingIsKept() {
        var trail = WatchTrail(isKept: false)
        trail.note(1, at: 1)
        trail.fill(history([1]), at: 1)
        #expect(trail.values(at: 1) == [] && !trail.lacksPast)
    }
}
