import Telemetry
import Testing

@testable import Drivers

/// Each type in each order, as manuals document it.
@Suite struct RegisterTypeTests {
    /// Registers in the order ABCD, and what they are.
    private static let known: [(RegisterType, [UInt16], Value)] = [
        (.int8, [0x12FF], .int64(-1)), (.int8, [0x127F], .int64(127)),
        (.uint8, [0x12FF], .uint64(255)),
        // XY-MD02 manual: 0x0131 is 30.5 °C at a scale of 0.1, 0xFF33 is -20.5.
        (.int16, [0x0131], .int64(305)), (.int16, [0xFF33], .int64(-205)),
        (.uint16, [0xFF33], .uint64(65331)),
        (.int24, [0x12FF, 0xFFFE], .int64(-2)), (.int24, [0xFF7F, 0xFFFF], .int64(8_388_607)),
        (.uint24, [0x12FF, 0xFFFE], .uint64(16_777_214)),
        (.int32, [0xFFFF, 0xFFFE], .int64(-2)), (.uint32, [0x0001, 0x86A0], .uint64(100_000)),
        (.int48, [0xFFFF, 0xFFFF, 0xFFFE], .int64(-2)),
        (.int48, [0x8000, 0, 0], .int64(-140_737_488_355_328)),
        (.uint48, [0x0123, 0x4567, 0x89AB], .uint64(0x0123_4567_89AB)),
        (.int64, [0xFFFF, 0xFFFF, 0xFFFF, 0xFFFE], .int64(-2)),
        (.uint64, [0x0123, 0x4567, 0x89AB, 0xCDEF], .uint64(0x0123_4567_89AB_CDEF)),
        // Eastron SDM630 protocol: 43 66 33 34 is a voltage of 230.2, which the manual has rounded.
        (.float32, [0x4366, 0x3334], .double(230.20001)),
        (.float64, [0x4009, 0x21FB, 0x5444, 0x2D18], .double(.pi)),
        (.bcd8, [0xAB42], .uint64(42)), (.bcd16, [0x1234], .uint64(1234)),
        (.bcd24, [0xAB12, 0x3456], .uint64(123_456)),
        (.bcd32, [0x1234, 0x5678], .uint64(12_345_678)),
        (.bcd64, [0x9999, 0x9999, 0x9999, 0x9999], .uint64(9_999_999_999_999_999)),
    ]

    /// The words of ABCD in another order, moved as the manuals' letters say.
    private func words(_ words: [UInt16], in order: WordOrder) -> [UInt16] {
        switch order {
        case .abcd: words
        case .cdab: words.reversed()
        case .badc: words.map { $0 << 8 | $0 >> 8 }
        case .dcba: words.reversed().map { $0 << 8 | $0 >> 8 }
        }
    }

    @Test(arguments: known.indices, WordOrder.allCases)
    func isReadInEveryOrder(index: Int, order: WordOrder) {
        let (type, registers, value) = Self.known[index]
        let codec = RegisterCodec(type: type, order: order, registers: type.registers)
        #expect(registers.count == type.registers)
        #expect(codec.decode(words(registers, in: order), from: 0) == (value, .good))
    }

    @Test func everyTypeIsInTheTable() {
        let listed = Set(Self.known.map(\.0))
        #expect(listed.union([.bool, .string]) == Set(RegisterType.allCases))
    }

    /// A type that leaves bits over reads what lies in them, and writes its sign there.
    @Test func whatIsLeftOverIsTheSign() {
        let cases: [(RegisterType, Value, [UInt16])] = [
            (.int8, .int64(-2), [0xFFFE]), (.uint8, .int64(200), [0x00C8]),
            (.int24, .int64(-2), [0xFFFF, 0xFFFE]), (.bcd8, .int64(42), [0x0042]),
            (.bcd24, .int64(123_456), [0x0012, 0x3456]),
        ]
        for (type, value, words) in cases {
            let codec = RegisterCodec(type: type, order: .abcd, registers: type.registers)
            #expect(codec.encode(value) == words)
        }
    }

    @Test(arguments: [RegisterType.bcd8, .bcd16, .bcd24, .bcd32, .bcd64])
    func aDigitAboveNineIsNoNumber(type: RegisterType) {
        let codec = RegisterCodec(type: type, order: .abcd, registers: type.registers)
        for digit in 0..<type.bits / 4 {
            let raw = UInt64(0xA) << UInt64(4 * digit)
            let words = (0..<type.registers).map {
                UInt16(truncatingIfNeeded: raw >> UInt64(16 * (type.registers - 1 - $0)))
            }
            #expect(codec.decode(words, from: 0) == (nil, .unrepresentable))
        }
    }

    @Test(arguments: [
        ("ABCD", WordOrder.abcd), ("CDAB", .cdab), ("BADC", .badc), ("DCBA", .dcba),
        ("ABCDEFGH", .abcd), ("GHEFCDAB", .cdab), ("BADCFEHG", .badc), ("HGFEDCBA", .dcba),
        ("ABCDEF", .abcd), ("EFCDAB", .cdab), ("BADCFE", .badc), ("FEDCBA", .dcba),
        ("AB", .abcd), ("BA", .badc),
    ])
    func ordersAreSpelledAsInManuals(text: String, order: WordOrder) throws {
        #expect(try WordOrder(text: text) == order)
        // The letters say where each byte goes: A is the highest.
        let bytes = text.utf8.map { $0 - UInt8(ascii: "A") }
        let words = stride(from: 0, to: bytes.count, by: 2).map {
            UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1])
        }
        let type: RegisterType =
            [1: .uint16, 2: .uint32, 3: .uint48, 4: .uint64][words.count] ?? .string
        let expected = (0..<UInt64(bytes.count)).reduce(0) { $0 << 8 | $1 }
        let codec = RegisterCodec(type: type, order: order, registers: words.count)
        #expect(codec.decode(words, from: 0) == (.uint64(expected), .good))
    }

    @Test func aStrangerAmongOrdersIsRefused() {
        #expect(throws: TextScalarError.self) { try WordOrder(text: "ACBD") }
    }
}
