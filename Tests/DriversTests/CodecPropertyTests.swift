import Telemetry
import TestSupport
import Testing

@testable import Drivers

/// What holds for every codec and every content of registers.
@Suite struct CodecPropertyTests {
    private static let expressions = [
        "raw > 32767 ? 10000 - raw : raw", "raw & 0xFF", "1 / raw", "raw << 40", "sqrt(raw)",
        "raw % 0", "~raw | raw >> 3",
    ]

    /// A codec as a configuration could ask for it.
    private func codec(_ generator: inout SplitMix) throws -> RegisterCodec {
        let type = RegisterType.allCases.randomElement(using: &generator) ?? .bool
        let order = WordOrder.allCases.randomElement(using: &generator) ?? .abcd
        let registers =
            type == .string ? Int.random(in: 1...20, using: &generator) : type.registers
        var codec = RegisterCodec(type: type, order: order, registers: registers)
        codec.characters = CharacterLayout.allCases.randomElement(using: &generator) ?? .both
        if type.kind == .bool || type.kind == .unsigned, Bool.random(using: &generator) {
            let lowest = Int.random(in: 0..<type.bits, using: &generator)
            codec.field = (lowest, Int.random(in: 1...type.bits - lowest, using: &generator))
        }
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: codec.states = StateNames([(0, "off"), (1, "on"), (.max, "failed")])
        case 1:
            codec.expression = try Expression(
                Self.expressions.randomElement(using: &generator) ?? "raw")
        case 2:
            codec.scaling = Scaling(
                scale: Double.random(in: -1e9...1e9, using: &generator), offset: 1e300)
        default: codec.sentinels = [0, .max, 0x8000]
        }
        return codec
    }

    @Test(arguments: 0..<20)
    func nothingInRegistersTraps(seed: Int) throws {
        var generator = SplitMix(seed: UInt64(seed))
        let extremes: [UInt16] = [0, 1, 0x7FFF, 0x8000, 0xFFFF, 0x7FF0, 0x7F80, 0x9999]
        for _ in 0..<5000 {
            let codec = try codec(&generator)
            let words = (0..<codec.registers).map { _ in
                Bool.random(using: &generator)
                    ? UInt16.random(in: 0 ... .max, using: &generator)
                    : extremes.randomElement(using: &generator) ?? 0
            }
            let factor =
                Bool.random(using: &generator)
                ? UInt16.random(in: 0 ... .max, using: &generator) : nil
            let (value, quality) = codec.decode(words, from: 0, factor: factor)
            #expect((value != nil) == quality.isGood)
            if case .double(let number) = value { #expect(number.isFinite) }
            if let value { _ = codec.encode(value) }
        }
    }

    /// Nothing that someone may want to write traps either, and what is taken fits.
    @Test(arguments: 0..<20)
    func nothingThatIsWrittenTraps(seed: Int) throws {
        var generator = SplitMix(seed: UInt64(seed + 1000))
        let extremes: [Value] = [
            .int64(.min), .int64(.max), .uint64(.max), .double(.infinity), .double(.nan),
            .double(-1e308), .double(1.7e38), .string("on"), .string("7"), .bool(true),
            .double(.leastNonzeroMagnitude),
        ]
        for _ in 0..<2000 {
            let codec = try codec(&generator)
            let value =
                Bool.random(using: &generator)
                ? extremes.randomElement(using: &generator) ?? .bool(false)
                : .double(Double(bitPattern: generator.next()))
            guard let words = codec.encode(value) else { continue }
            #expect(words.count == codec.registers)
        }
    }

    /// What was read from a device can be written to it, and reads the same again.
    @Test(arguments: RegisterType.allCases.filter { $0 != .string }, WordOrder.allCases)
    func whatIsReadCanBeWritten(type: RegisterType, order: WordOrder) {
        var generator = SplitMix(seed: UInt64(type.bits * 8 + order.rawValue.utf8.count))
        let codec = RegisterCodec(type: type, order: order, registers: type.registers)
        var seen = 0
        for _ in 0..<1000 {
            let words = (0..<type.registers).map { _ in
                let word = UInt16.random(in: 0 ... .max, using: &generator)
                return type.kind == .decimal ? word & 0x7777 : word
            }
            guard let value = codec.decode(words, from: 0).0 else { continue }
            seen += 1
            #expect(codec.encode(value).map { codec.decode($0, from: 0).0 } == value)
        }
        #expect(seen > 900)
    }

    /// With a scale the registers come back bit by bit, as far as a double has their digits.
    @Test(arguments: [RegisterType.int8, .uint8, .int16, .uint24, .int32, .uint48, .bcd32])
    func scaledRegistersComeBack(type: RegisterType) {
        var generator = SplitMix(seed: UInt64(type.bits))
        for (scale, offset) in [(0.1, 0.0), (0.001, -40), (10, 5), (-0.5, 1)] {
            let codec = RegisterCodec(
                type: type, order: .abcd, registers: type.registers,
                scaling: Scaling(scale: scale, offset: offset))
            let plain = RegisterCodec(type: type, order: .abcd, registers: type.registers)
            for _ in 0..<1000 {
                let words = (0..<type.registers).map { _ in
                    UInt16.random(in: 0 ... .max, using: &generator) & 0x7777
                }
                guard let value = codec.decode(words, from: 0).0 else { continue }
                let again = codec.encode(value).map { plain.decode($0, from: 0).0 }
                #expect(again == plain.decode(words, from: 0).0)
            }
        }
    }
}
