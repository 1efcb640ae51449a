import Telemetry
import Testing

@Suite struct ReadingBatchTests {
    private let readings: [Reading] = [
        Reading(point: PointID(index: 1), value: .bool(true), instant: Instant(nanoseconds: 1)),
        Reading(point: PointID(index: 2), value: .int64(.min), instant: Instant(nanoseconds: 2)),
        Reading(point: PointID(index: 3), value: .uint64(.max), instant: Instant(nanoseconds: 3)),
        Reading(point: PointID(index: 4), value: .double(-0.0), instant: Instant(nanoseconds: 4)),
        Reading(point: PointID(index: 5), value: .string("a"), instant: Instant(nanoseconds: 5)),
        Reading(
            point: PointID(index: 6), value: nil, quality: .timeout,
            instant: Instant(nanoseconds: 6)),
        Reading(point: PointID(index: 7), value: .string("b"), instant: Instant(nanoseconds: 7)),
    ]

    private var batch: ReadingBatch {
        var batch = ReadingBatch()
        for reading in readings { batch.append(reading) }
        return batch
    }

    @Test func givesBackWhatWasPutIn() {
        #expect((0..<batch.count).map { batch[$0] } == readings)
    }

    @Test func partsKeepTheirTexts() {
        for lower in 0...readings.count {
            for upper in lower...readings.count {
                let part = batch.slice(lower..<upper)
                #expect((0..<part.count).map { part[$0] } == Array(readings[lower..<upper]))
            }
        }
    }

    @Test func joinedBatchesKeepTheirTexts() {
        var joined = batch
        joined.append(contentsOf: batch)
        #expect((0..<joined.count).map { joined[$0] } == readings + readings)
    }
}

@Suite struct InstantTests {
    @Test func arithmeticSaturates() {
        #expect(Instant(nanoseconds: .max) + .seconds(1) == Instant(nanoseconds: .max))
        #expect(Instant(nanoseconds: .min) - .seconds(1) == Instant(nanoseconds: .min))
        #expect(
            Instant(nanoseconds: .max) - Instant(nanoseconds: .min)
                == .nanoseconds(Int64.max))
        #expect(Duration.seconds(Int64.max).nanoseconds == .max)
    }
}
