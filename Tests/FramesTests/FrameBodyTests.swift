import Telemetry
import TestSupport
import Testing

@testable import Frames

/// A frame's body gives every reading back, bit for bit.
@Suite struct FrameBodyTests {
    private let frames = FrameFixture()

    @Test(
        arguments: [
            [], [nil], [.bool(true)], [.bool(true), .bool(false), .bool(true)],
            [.int64(.min), .int64(.max), .int64(0), .int64(-1)],
            [.uint64(.max), .uint64(0), .uint64(1 << 63)],
            [.int64(5), .int64(5), .int64(5)], [.int64(-300), .int64(-299), .int64(-301)],
            [.double(-0.0), .double(0)], [.double(.infinity), .double(-.infinity)],
            [.double(.nan), .double(Double(nan: 0x1234, signaling: false)), .double(1)],
            [.double(.signalingNaN)], [.double(.leastNonzeroMagnitude), .double(1e-300)],
            [.double(.greatestFiniteMagnitude), .double(-.greatestFiniteMagnitude)],
            [.double(230.1), .double(229.9), .double(230)],
            [.double(0.1), .double(0.2), .double(0.3)],
            [.double(Double(Float(230.1))), .double(Double(Float(229.95)))],
            [.double(Double(Float.pi)), .double(Double(Float(2).squareRoot()))],
            [.double(9_007_199_254_740_991), .double(9_007_199_254_740_992)],
            [.double(.pi), .double(2.718281828459045), .double(1.4142135623730951)],
            [.string(""), .string("città ☃"), .string(""), .string("V")],
            [.int64(1), .double(1), .string("1"), .bool(true), .uint64(1), nil],
        ] as [[Value?]])
    func everyValueComesBackBitForBit(values: [Value?]) throws {
        for copies in [1, 2, 50] {
            let many = Array(repeatElement(values, count: copies).joined())
            for points in [1, 2, 7] {
                try frames.expectRoundTrip(frames.batch(many, points: points))
            }
        }
    }

    @Test func anyColumnsComeBack() throws {
        for seed in 0..<400 {
            var random = SplitMix(seed: UInt64(seed))
            try frames.expectRoundTrip(frames.randomBatch(&random), "seed \(seed)")
        }
    }

    /// Differences that leave 64 bits, steps of every width.
    @Test func integersOfAnyWidthComeBack() throws {
        for width in 1...64 {
            var random = SplitMix(seed: UInt64(width))
            let top = UInt64.max >> UInt64(64 - width)
            let values = (0..<100).map { _ in UInt64.random(in: 0...top, using: &random) }
            try frames.expectRoundTrip(frames.batch(values.map { .uint64($0) }))
            try frames.expectRoundTrip(
                frames.batch(values.map { .int64(Int64(bitPattern: $0) &- Int64(top >> 1)) }))
            var sum = UInt64(0)
            let rising = values.map { value in
                sum &+= value
                return Value.uint64(sum)
            }
            try frames.expectRoundTrip(frames.batch(rising))
        }
    }

    @Test(
        arguments: [
            [.min, .max, 0, .min], [5, 4, 3, 2, 1], [7, 7, 7, 8, 8, 8, 9, 9, 9],
            [0, 1_000_000_000, 2_000_000_000, 90_000_000_000_000, 90_001_000_000_000],
            [1_000, 2_000, 3_000], [3_000_000, 5_000_000, 4_000_000], [-1_000_000_000], [.min],
            [0, 0, 3, 10, 13, 20, 23, 30, 33], [.max, .max, .max], [1, 1, 2, 3, 3, 3, 4],
        ] as [[Int64]])
    func everyInstantComesBack(nanoseconds: [Int64]) throws {
        for points in 1...3 {
            var batch = ReadingBatch()
            for (index, instant) in nanoseconds.enumerated() {
                batch.append(
                    point: frames.point(index % points), value: .bool(true),
                    at: Instant(nanoseconds: instant))
            }
            try frames.expectRoundTrip(batch)
        }
    }

    /// Polls as a whole, with readings left out, in an order that nothing tells, of few and of
    /// many points.
    @Test(arguments: [1, 2, 40, 200])
    func anyOrderOfPointsComesBack(points: Int) throws {
        var random = SplitMix(seed: UInt64(points))
        let whole = (0..<5).flatMap { _ in 0..<points }
        let orders = [
            whole, whole.reversed(), whole.shuffled(using: &random),
            whole.filter { _ in Int.random(in: 0..<3, using: &random) == 0 },
            whole.filter { $0 % 100 == 0 }, Array(whole.dropFirst(points / 2)),
        ]
        for order in orders {
            var batch = ReadingBatch()
            for (index, point) in order.enumerated() {
                batch.append(
                    point: frames.point(point), value: .int64(Int64(index)),
                    at: Instant(nanoseconds: Int64(index) * 1_000_000))
            }
            try frames.expectRoundTrip(batch)
        }
    }

    @Test func textsAndNamesOfAnyLengthComeBack() throws {
        let long = String(repeating: "città ☃ ", count: 20_000)
        try frames.expectRoundTrip(frames.batch([.string(long), .string(""), .string(long + "!")]))
        let name = String(long.prefix(10_000))
        let id = try #require(frames.points.intern(Point(device: name, name: long)))
        var batch = ReadingBatch()
        batch.append(point: id, value: .bool(false), at: Instant(nanoseconds: 1))
        try frames.expectRoundTrip(batch)
    }

    @Test func theLargestFrameComesBack() throws {
        let count = Int(FrameBody.largestCount)
        var random = SplitMix(seed: 17)
        let noise = (0..<count).map { _ in Value.double(Double(bitPattern: random.next())) }
        for points in [1, 1000, count] {
            try frames.expectRoundTrip(frames.batch(noise, points: points))
        }
        try frames.expectRoundTrip(frames.batch((0..<count).map { .string("text \($0)") }))
    }

    /// One encoder makes frame after frame: nothing of one is in the next.
    @Test func anEncoderThatIsUsedAgainMakesTheSameBodies() {
        let encoder = FrameEncoder()
        for seed in 0..<50 {
            var random = SplitMix(seed: UInt64(seed))
            let batch = frames.randomBatch(&random)
            #expect(encoder.encode(batch, points: frames.points) == frames.encode(batch))
        }
    }
}
