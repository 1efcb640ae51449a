import Telemetry
import TestSupport
import Testing

@testable import Frames

/// A portable body gives every reading back, bit for bit, and takes little.
@Suite struct PortableBodyTests {
    private let frames = FrameFixture()

    private func expectRoundTrip(
        _ batch: ReadingBatch, offsets: [UInt32]? = nil, _ comment: Comment? = nil
    ) throws {
        let body = FrameEncoder().encodePortable(
            batch, times: batch.instants, offsets: offsets)
        let span = offsets.map { UInt64($0.last ?? 0) + 1 }
        let back = try PortableBody.decode(body, at: 0, count: batch.count, span: span)
        #expect(back.points == batch.points.map(\.index), comment)
        #expect(back.times == batch.instants.map(\.nanoseconds), comment)
        #expect(back.qualities == batch.qualities, comment)
        #expect(back.offsets == offsets, comment)
        for (index, value) in back.values.enumerated() {
            #expect(bits(value) == bits(batch.value(at: index)), comment)
        }
    }

    /// What tells two values apart, NaNs too.
    private func bits(_ value: Value?) -> String {
        if case .double(let number) = value { return "double \(number.bitPattern)" }
        return String(describing: value)
    }

    @Test func anyReadingsComeBack() throws {
        for seed in 0..<600 {
            var random = SplitMix(seed: UInt64(seed))
            let batch = frames.randomBatch(&random)
            guard !batch.isEmpty else { continue }
            var (offsets, next) = ([UInt32](), UInt32(0))
            for _ in 0..<batch.count {
                next += UInt32.random(in: 0..<4, using: &random) / 2
                offsets.append(next)
                next += 1
            }
            try expectRoundTrip(batch, offsets: seed % 2 == 0 ? offsets : nil, "seed \(seed)")
        }
    }

    @Test(arguments: [1, 2, 40, 200, 16_384])
    func oneReadingOfEachPointComesBack(count: Int) throws {
        var random = SplitMix(seed: UInt64(count))
        for top in [1, 16, 20, 64] {
            let values = (0..<count).map { _ in
                Value.uint64(random.next() >> UInt64(Int.random(in: 64 - top...63, using: &random)))
            }
            try expectRoundTrip(frames.batch(values, points: count))
            try expectRoundTrip(frames.batch(values, points: max(count / 2, 1)))
        }
    }

    /// A poll of 10 units of 100 registers in any order: two bytes a value, and at most eight in a
    /// hundred readings more.
    @Test func aPollOfScrambledRegistersTakesLittleBesideItsBits() {
        var (random, batch) = (SplitMix(seed: 1), ReadingBatch())
        for index in 0..<1000 { _ = frames.points.intern(Point(device: "u", name: "\(index)")) }
        for (turn, unit) in Array(0..<10).shuffled(using: &random).enumerated() {
            let time = Int64(turn * 300 + Int.random(in: 0..<300, using: &random))
            for point in 0..<100 {
                batch.append(
                    point: PointID(index: UInt32(unit * 100 + point)),
                    value: .uint64(random.next() >> 48), at: Instant(nanoseconds: time))
            }
        }
        let body = FrameEncoder().encodePortable(batch, times: batch.instants, offsets: nil)
        #expect(body.count < 2050)
    }

    @Test func aBodyThatWasCutIsRefused() {
        for seed in 1..<20 {
            var random = SplitMix(seed: UInt64(seed))
            let batch = frames.randomBatch(&random)
            guard !batch.isEmpty else { continue }
            let body = FrameEncoder().encodePortable(
                batch, times: batch.instants, offsets: nil)
            for length in 0..<body.count {
                #expect(throws: Malformed.self) {
                    try PortableBody.decode(
                        Array(body[..<length]), at: 0, count: batch.count, span: nil)
                }
            }
        }
    }
}
