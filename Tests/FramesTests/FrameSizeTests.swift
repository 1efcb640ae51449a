import Telemetry
import TestSupport
import Testing

@testable import Frames

/// What frames take on disk: the wear of a card.
@Suite struct FrameSizeTests {
    private let frames = FrameFixture()
    private let second = 1_000_000_000

    /// Readings of `points` points in each of `polls` polls, a few milliseconds of jitter in each.
    private func polls(
        _ polls: Int, points: Int, value: (_ poll: Int, _ point: Int) -> Value
    ) -> ReadingBatch {
        var (batch, random) = (ReadingBatch(), SplitMix(seed: 1))
        for poll in 0..<polls {
            let jitter = Int.random(in: 0..<3_000_000, using: &random)
            for point in 0..<points {
                batch.append(
                    point: frames.point(point), value: value(poll, point),
                    at: Instant(nanoseconds: Int64(poll * second + jitter)))
            }
        }
        return batch
    }

    private func bytesPerReading(_ batch: ReadingBatch) -> Double {
        Double(frames.encode(batch).count) / Double(batch.count)
    }

    /// 10 s of 1,000 registers, whose 16 bits are as good as random.
    @Test func scrambledRegistersTakeTheirSixteenBitsAndLittleMore() {
        var random = SplitMix(seed: 2)
        let batch = polls(10, points: 1000) { _, _ in .uint64(random.next() >> 48) }
        #expect(bytesPerReading(batch) < 2.15)
    }

    @Test func aPollOfFortyMetersFitsOnePageWithItsHeader() {
        var random = SplitMix(seed: 3)
        let meters = polls(1, points: 40) { _, _ in
            .double(Double(Int.random(in: 0..<100_000, using: &random)) / 100)
        }
        let worst = polls(1, points: 40) { _, _ in .double(Double(bitPattern: random.next())) }
        for batch in [meters, worst] { #expect(160 + frames.encode(batch).count <= 4096) }
    }

    @Test func valuesThatStayCostNextToNothing() {
        let batch = polls(100, points: 40) { _, point in .double(Double(point) / 3) }
        #expect(bytesPerReading(batch) < 0.3)
    }

    @Test func countersThatRiseEvenlyCostTheirUnevenness() {
        var random = SplitMix(seed: 4)
        let batch = polls(100, points: 40) { poll, point in
            .uint64(
                UInt64(1_000_000 + poll * 1000 * point + Int.random(in: 0...1, using: &random)))
        }
        #expect(bytesPerReading(batch) < 0.4)
    }

    @Test func booleansCostABit() {
        var random = SplitMix(seed: 5)
        let batch = polls(100, points: 40) { _, _ in .bool(Bool.random(using: &random)) }
        #expect(bytesPerReading(batch) < 0.25)
    }

    @Test func decimalsOfASingleFloatCostWhatTheirDigitsCost() {
        var random = SplitMix(seed: 6)
        let batch = polls(100, points: 40) { _, _ in
            .double(Double(Float(Int.random(in: 2200..<2400, using: &random)) / 10))
        }
        #expect(bytesPerReading(batch) < 1.15)
    }
}
