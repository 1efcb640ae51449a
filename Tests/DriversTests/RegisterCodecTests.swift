import Telemetry
import TestSupport
import Testing

@testable import Drivers

@Suite struct RegisterCodecTests {
    private func decode(
        _ type: RegisterType, _ words: [UInt16], order: WordOrder = .abcd,
        field: (Int, Int)? = nil, scale: Double? = nil, offset: Double? = nil,
        sentinel: UInt64? = nil
    ) -> (Value?, Quality) {
        RegisterCodec(
            type: type, order: order, registers: words.count,
            field: field.map { (lowest: $0.0, width: $0.1) },
            scaling: Scaling(scale: scale, offset: offset), sentinels: sentinel.map { [$0] } ?? []
        ).decode(words, from: 0)
    }

    @Test func integersAreExactAtTheirEnds() {
        #expect(decode(.int16, [0x8000]) == (.int64(-32768), .good))
        #expect(decode(.uint16, [0xFFFF]) == (.uint64(65535), .good))
        #expect(decode(.int32, [0x8000, 0]) == (.int64(-2_147_483_648), .good))
        #expect(decode(.uint32, [0xFFFF, 0xFFFF]) == (.uint64(4_294_967_295), .good))
        #expect(decode(.int64, [0x8000, 0, 0, 0]) == (.int64(.min), .good))
        #expect(decode(.uint64, [0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF]) == (.uint64(.max), .good))
    }

    @Test(arguments: [
        (WordOrder.abcd, [UInt16(0x4366), 0x199A]), (.cdab, [0x199A, 0x4366]),
        (.badc, [0x6643, 0x9A19]), (.dcba, [0x9A19, 0x6643]),
    ])
    func floatComesInAllFourOrders(order: WordOrder, words: [UInt16]) {
        #expect(decode(.float32, words, order: order) == (.double(230.1), .good))
    }

    @Test func doubleFollowsTheOrderToo() {
        let words: [UInt16] = [0x4009, 0x21FB, 0x5444, 0x2D18]
        #expect(decode(.float64, words) == (.double(.pi), .good))
        #expect(decode(.float64, words.reversed(), order: .cdab) == (.double(.pi), .good))
        let swapped = words.map(\.byteSwapped)
        #expect(decode(.float64, swapped.reversed(), order: .dcba) == (.double(.pi), .good))
    }

    @Test func scaledDecimalsHaveNoDust() {
        #expect(decode(.int16, [231], scale: 0.1) == (.double(23.1), .good))
        #expect(decode(.uint16, [3], scale: 0.1) == (.double(0.3), .good))
        #expect(decode(.int16, [231], scale: 0.1, offset: -40) == (.double(-16.9), .good))
        #expect(decode(.uint16, [7], scale: 10) == (.double(70), .good))
        #expect(decode(.uint32, [0, 3], scale: 1.0 / 3) == (.double(1), .good))
    }

    @Test func everyFloatKeepsItsBits() {
        var generator = SplitMix(seed: 7)
        for _ in 0..<200_000 {
            let float = Float(bitPattern: UInt32(truncatingIfNeeded: generator.next()))
            guard float.isFinite else { continue }
            #expect(Float(float.asDecimal).bitPattern == float.bitPattern)
        }
    }

    @Test func sentinelIsNotAvailable() {
        #expect(decode(.int16, [0x8000], sentinel: 0x8000) == (nil, .notAvailable))
        #expect(decode(.int16, [0x8001], sentinel: 0x8000) == (.int64(-32767), .good))
    }

    @Test func floatThatIsNoNumberIsNotAvailable() {
        #expect(decode(.float32, [0x7FC0, 0]) == (nil, .notAvailable))
        #expect(decode(.float32, [0x7F80, 0]) == (nil, .unrepresentable))
    }

    @Test func bitsAndFieldsAreTakenOut() {
        #expect(decode(.bool, [0b1000], field: (3, 1)) == (.bool(true), .good))
        #expect(decode(.bool, [0b0111], field: (3, 1)) == (.bool(false), .good))
        #expect(decode(.uint16, [0xABCD], field: (4, 8)) == (.uint64(0xBC), .good))
        #expect(
            decode(.uint64, [.max, 0, 0, .max], field: (0, 64))
                == (.uint64(0xFFFF_0000_0000_FFFF), .good))
    }

    @Test func valueThatDoesNotFitIsRefused() {
        let codec = RegisterCodec(type: .uint16, order: .abcd, registers: 1)
        #expect(codec.encode(.int64(-1)) == nil)
        #expect(codec.encode(.double(65536)) == nil)
        #expect(codec.encode(.double(.nan)) == nil)
        #expect(codec.encode(.string("1")) == nil)
        let float = RegisterCodec(type: .float32, order: .abcd, registers: 2)
        #expect(float.encode(.double(1e300)) == nil)
        #expect(float.encode(.double(.nan)) == nil)
    }
}
