import Telemetry
import TestSupport
import Testing

@testable import Frames

/// Frames' bodies of one table of points.
struct FrameFixture {
    let points = PointTable()

    func point(_ index: Int) -> PointID {
        let point = Point(
            device: "unit-\(index / 10)", name: "r\(index % 10)",
            unit: Unit(unchecked: index % 3 == 0 ? "V" : ""), isUrgent: index % 7 == 0)
        return points.intern(point) ?? PointID(index: 0)
    }

    func encode(_ batch: ReadingBatch) -> [UInt8] {
        FrameEncoder().encode(batch, points: points)
    }

    func decode(_ body: [UInt8], count: Int) throws(Malformed) -> ReadingBatch {
        try FrameBody.decode(body, at: 0, length: body.count, count: count, points: points)
    }

    func expectRoundTrip(_ batch: ReadingBatch, _ comment: Comment? = nil) throws {
        expectSame(try decode(encode(batch), count: batch.count), batch, comment)
    }

    /// Whether two batches are the same to the bit; the order of texts in their tables is not.
    private func expectSame(_ left: ReadingBatch, _ right: ReadingBatch, _ comment: Comment?) {
        #expect(left.points == right.points, comment)
        #expect(left.instants == right.instants, comment)
        #expect(left.qualities == right.qualities, comment)
        #expect(left.kinds == right.kinds, comment)
        for index in 0..<min(left.count, right.count) {
            if left.kinds[index] == .string {
                #expect(left.value(at: index) == right.value(at: index), comment)
            } else if left.bits[index] != right.bits[index] {
                Issue.record("\(left.bits[index]) came back as \(right.bits[index])")
                return
            }
        }
    }

    /// Values of `count` points in turn, a second between two rounds.
    func batch(_ values: [Value?], points count: Int = 1) -> ReadingBatch {
        var batch = ReadingBatch()
        for (index, value) in values.enumerated() {
            batch.append(
                point: point(index % count), value: value,
                quality: value == nil ? .timeout : .good,
                at: Instant(nanoseconds: Int64(index / count) * 1_000_000_000))
        }
        return batch
    }

    /// Readings of a few points, each with a habit of its own, in an order that mostly repeats.
    func randomBatch(_ random: inout SplitMix) -> ReadingBatch {
        let pointCount = Int.random(in: 1...30, using: &random)
        let habits = (0..<pointCount).map { _ in Int.random(in: 0...11, using: &random) }
        var (batch, instant) = (ReadingBatch(), Int64.random(in: -10...1 << 40, using: &random))
        for index in 0..<Int.random(in: 0...600, using: &random) {
            let isStray = Int.random(in: 0...20, using: &random) == 0
            let point =
                isStray ? Int.random(in: 0..<pointCount, using: &random) : index % pointCount
            if point == 0 { instant &+= Int64.random(in: 0...2_000_000_000, using: &random) }
            let value = value(habits[point], index, &random)
            batch.append(
                point: self.point(point), value: value,
                quality: value == nil
                    ? Quality.allCases.randomElement(using: &random) ?? .timeout : .good,
                at: Instant(nanoseconds: instant))
        }
        return batch
    }

    private func value(_ habit: Int, _ index: Int, _ random: inout SplitMix) -> Value? {
        let noise = Int64.random(in: -3...3, using: &random)
        return switch habit {
        case 0: .int64(Int64(index))
        case 1: .int64(40_000 + noise)
        case 2: .uint64(.random(in: 0...65535, using: &random))
        case 3: .double(Double(2300 + noise) / 10)
        case 4: .double(Double(Float(2300 + noise) / 10))
        case 5: .double(Double(bitPattern: random.next()))
        case 6: .double(.random(in: -1...1, using: &random))
        case 7: .bool(noise > 0)
        case 8: .string(["on", "off", "", "città"][Int(noise & 3)])
        case 9: noise == 0 ? nil : .int64(noise)
        case 10: .uint64(random.next())
        default: [nil, .bool(true), .double(0.5), .int64(.min)][Int(noise & 3)]
        }
    }
}
