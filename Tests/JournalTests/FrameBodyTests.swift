import CChecksum
import Telemetry
import TestSupport
import Testing

@testable import Journal

/// A frame's body gives every value back bit for bit, and believes nothing that it is given.
@Suite struct FrameBodyTests {
    private let points = PointTable()

    private func point(_ index: Int) -> PointID {
        let point = Point(
            device: "unit-\(index / 10)", name: "r\(index % 10)",
            unit: Unit(unchecked: index % 3 == 0 ? "V" : ""), isUrgent: index % 7 == 0)
        return points.intern(point) ?? PointID(index: 0)
    }

    private func roundTrip(_ batch: ReadingBatch) throws -> ReadingBatch {
        let body = FrameEncoder().encode(batch, points: points)
        return try FrameBody.decode(
            body, at: 0, length: body.count, count: batch.count, points: points)
    }

    /// Whether two batches are the same to the bit; the order of texts in their tables is not.
    private func expectSame(_ left: ReadingBatch, _ right: ReadingBatch, _ comment: Comment? = nil)
    {
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

    private func batch(_ values: [Value?], points count: Int = 1) -> ReadingBatch {
        var batch = ReadingBatch()
        for (index, value) in values.enumerated() {
            batch.append(
                point: point(index % count), value: value,
                quality: value == nil ? .timeout : .good,
                at: Instant(nanoseconds: Int64(index / count) * 1_000_000_000))
        }
        return batch
    }

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
                let batch = batch(many, points: points)
                expectSame(try roundTrip(batch), batch)
            }
        }
    }

    @Test func anyColumnsComeBack() throws {
        for seed in 0..<400 {
            var random = SplitMix(seed: UInt64(seed))
            let batch = randomBatch(&random)
            expectSame(try roundTrip(batch), batch, "seed \(seed)")
        }
    }

    /// Readings of a few points, each with a habit of its own, in an order that mostly repeats.
    private func randomBatch(_ random: inout SplitMix) -> ReadingBatch {
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

    @Test func damagedBodiesAreRefusedOrAsLongAsTheyShouldBe() throws {
        var random = SplitMix(seed: 3)
        var (refused, survivors) = (0, 0)
        for seed in 0..<100 {
            var source = SplitMix(seed: UInt64(seed))
            let batch = randomBatch(&source)
            let body = FrameEncoder().encode(batch, points: points)
            for _ in 0..<50 {
                var damaged = body
                switch Int.random(in: 0...2, using: &random) {
                case 0: damaged = Array(body.prefix(Int.random(in: 0...body.count, using: &random)))
                case 1:
                    damaged[Int.random(in: 0..<body.count, using: &random)] ^= UInt8.random(
                        in: 1...255, using: &random)
                default:
                    for _ in 0..<4 {
                        damaged[Int.random(in: 0..<body.count, using: &random)] = .random(
                            in: 0...255, using: &random)
                    }
                }
                do {
                    let readings = try FrameBody.decode(
                        damaged, at: 0, length: damaged.count, count: batch.count,
                        points: PointTable())
                    #expect(readings.count == batch.count)
                    survivors += 1
                } catch {
                    refused += 1
                }
            }
        }
        #expect(refused > 1000 && survivors > 0)
    }

    @Test func aBodyThatClaimsToUnpackToMoreThanIsAllowedIsRefused() {
        var out = ByteWriter()
        out.put(FrameBody.version)
        out.put(FrameBody.zstd)
        out.putVarint(UInt64(FrameBody.largestContent) + 1)
        out.put(bytes: [UInt8](repeating: 0, count: 100))
        #expect(throws: Malformed.self) {
            try FrameBody.decode(
                out.bytes, at: 0, length: out.bytes.count, count: 10, points: points)
        }
    }
}

@Suite struct CRC32CTests {
    /// RFC 3720 appendix B.4.
    @Test(
        arguments: [
            ([UInt8](repeating: 0, count: 32), 0x8A91_36AA),
            ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43),
            (Array(0..<32), 0x46DD_794E), (Array((0..<32).reversed()), 0x113F_DB5C),
            (Array("123456789".utf8), 0xE306_9283), ([], 0),
        ] as [([UInt8], UInt32)])
    func givesTheStandardsOwnResults(bytes: [UInt8], checksum: UInt32) {
        #expect(CRC32C.checksum(bytes) == checksum)
        #expect(
            bytes.withUnsafeBytes { cchecksum_crc32c_by_table($0.baseAddress, $0.count) }
                == checksum)
    }

    @Test func theInstructionAgreesWithTheTableAtEveryLengthAndPlace() {
        var random = SplitMix(seed: 11)
        let bytes = (0..<300).map { _ in UInt8.random(in: 0...255, using: &random) }
        for start in 0..<9 {
            for end in start...bytes.count {
                let slice = bytes[start..<end]
                let table = slice.withUnsafeBytes {
                    cchecksum_crc32c_by_table($0.baseAddress, $0.count)
                }
                if CRC32C.checksum(slice) != table { Issue.record("\(start)..<\(end)") }
            }
        }
    }
}
