import Telemetry
import TestSupport
import Testing

@testable import Frames

/// A body that is not what was written is refused or gives as many readings as it should; it
/// never takes more memory than is said, nor leaves points behind that never were.
@Suite struct FrameDamageTests {
    private let frames = FrameFixture()

    private func batch(seed: Int) -> ReadingBatch {
        var random = SplitMix(seed: UInt64(seed))
        return frames.randomBatch(&random)
    }

    @Test func aBodyThatWasCutIsRefused() {
        for seed in 0..<20 {
            let batch = batch(seed: seed)
            let body = frames.encode(batch)
            for length in 0..<body.count {
                #expect(throws: Malformed.self) {
                    try frames.decode(Array(body[..<length]), count: batch.count)
                }
            }
        }
    }

    /// Every bit of a small body, some of each of the others.
    @Test func aFlippedBitIsRefusedOrGivesAsManyReadings() {
        var (refused, survived) = (0, 0)
        var random = SplitMix(seed: 5)
        for seed in 0..<40 {
            let batch = batch(seed: seed)
            let body = frames.encode(batch)
            let bits = 0..<body.count * 8
            let flipped =
                bits.count < 2000
                ? Array(bits) : (0..<100).map { _ in bits.randomElement(using: &random) ?? 0 }
            for bit in flipped {
                var damaged = body
                damaged[bit / 8] ^= 1 << UInt8(bit % 8)
                do {
                    #expect(try frames.decode(damaged, count: batch.count).count == batch.count)
                    survived += 1
                } catch {
                    refused += 1
                }
            }
        }
        #expect(refused > 1000 && survived > 0)
    }

    @Test func bytesOfChanceAreRefusedOrGiveAsManyReadings() {
        var random = SplitMix(seed: 3)
        var refused = 0
        for round in 0..<5000 {
            let count = Int.random(in: 0...200, using: &random)
            let length = Int.random(in: 0...300, using: &random)
            // The first two bytes are right, or nothing would get further.
            let body =
                [FrameBody.version, 0]
                + (0..<length).map { _ in
                    UInt8.random(in: 0...(round % 2 == 0 ? 255 : 7), using: &random)
                }
            do {
                #expect(try frames.decode(body, count: count).count == count)
            } catch {
                refused += 1
            }
        }
        #expect(refused > 4000)
    }

    @Test func anotherCountThanWasWrittenIsRefused() {
        for seed in 0..<50 {
            let batch = batch(seed: seed)
            let body = frames.encode(batch)
            for count in [-1, 0, batch.count - 1, batch.count + 1, 16_384, 16_385, .max]
            where count != batch.count {
                #expect(throws: Malformed.self) { try frames.decode(body, count: count) }
            }
        }
    }

    /// A few bytes of zstd can claim to be gigabytes.
    @Test(arguments: FramePart.allCases)
    func aBodyThatClaimsToUnpackToMoreThanIsAllowedIsRefused(part: FramePart) {
        var out = ByteWriter()
        out.put(FrameBody.version)
        out.put(part.flag)
        for before in FramePart.allCases.prefix(part.rawValue + 1) where before != .bits {
            out.putVarint(0)
        }
        out.putVarint(UInt64(part.largest) + 1)
        out.put(bytes: [UInt8](repeating: 0, count: 100))
        #expect(throws: Malformed.self) { try frames.decode(out.bytes, count: 10) }
    }

    @Test func aRefusedBodyLeavesNoPointInTheTable() {
        let batch = batch(seed: 1)
        let body = frames.encode(batch)
        let table = PointTable()
        for length in 0..<body.count {
            #expect(throws: Malformed.self) {
                try FrameBody.decode(
                    body, at: 0, length: length, count: batch.count, points: table)
            }
        }
        #expect(table[PointID(index: 0)] == nil)
    }
}
