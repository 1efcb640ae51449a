import Buses
import Telemetry

extension DriverKind {
    /// LM75 and its successors of 9 bits.
    static let lm75 = DriverKind(
        name: "lm75", summary: "LM75, LM75B: temperature", chip: LM75.self)
    /// TMP102 and its kind of 12 bits.
    static let tmp102 = DriverKind(
        name: "tmp102", summary: "TMP102, TMP112, TMP75: temperature", chip: TMP102.self)
}

/// LM75 (Texas Instruments, SNOS808P), half degrees in 9 bits; LM75A and LM75B have 11 bits at the
/// same place (NXP LM75B, rev. 6.1, section 7.4.3).
struct LM75: I2CChip {
    /// Which of the family it is.
    struct Options: Decodable, Sendable {
        /// The bits of its register, 9 or 11; 9 unless given.
        var resolution: Int?
    }

    static let quantities = [Quantity(name: "temp", unit: Unit(unchecked: "Cel"))]
    static let addresses: [UInt8] = Array(0x48...0x4F)

    private let bits: Int

    init(_ options: Options) throws(OptionFlaw) {
        bits = options.resolution ?? 9
        guard bits == 9 || bits == 11 else {
            throw OptionFlaw(
                key: "resolution", what: "there is no LM75 of \(bits) bits",
                mend: "write 9, or 11 for LM75A and LM75B")
        }
    }

    mutating func measure(
        _ wanted: [Int], _ device: I2CDevice
    ) async throws(BusError) -> [Measured] {
        let word = try await device.word(0)
        return wanted.map { _ in .number(degrees(word, bits: bits), decimals: 4) }
    }
}

/// TMP102 (Texas Instruments, SBOS397H), sixteenths of a degree in 12 bits; TMP112 and TMP75 answer
/// alike.
struct TMP102: I2CChip {
    static let quantities = LM75.quantities
    static let addresses: [UInt8] = Array(0x48...0x4F)

    init(_ options: NoOptions) {}

    mutating func measure(
        _ wanted: [Int], _ device: I2CDevice
    ) async throws(BusError) -> [Measured] {
        let word = try await device.word(0)
        return wanted.map { _ in .number(degrees(word, bits: 12), decimals: 4) }
    }
}

/// The upper bits of a temperature register, a two's complement in which the upper byte is whole
/// degrees. What is below the chip's resolution means nothing.
func degrees(_ word: UInt16, bits: Int) -> Double {
    Double(Int16(bitPattern: word) >> Int16(16 - bits)) / Double(1 << (bits - 8))
}
