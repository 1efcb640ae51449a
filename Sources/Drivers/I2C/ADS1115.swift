import Buses
import Telemetry

extension DriverKind {
    /// Texas Instruments ADS1115.
    static let ads1115 = DriverKind(
        name: "ads1115", summary: "ADS1115: four voltages, 16 bits", chip: ADS1115.self)
}

/// ADS1115 (Texas Instruments, SBAS444E): each input by a single conversion.
struct ADS1115: I2CChip {
    /// What its amplifier is set to.
    struct Options: Decodable, Sendable {
        /// The largest voltage in volts: 6.144, 4.096, 2.048, 1.024, 0.512 or 0.256; 4.096 unless
        /// given.
        var range: Double?
    }

    /// By the bits MUX of the configuration register, from 100b on, and then from 000b on
    /// (table 8-3).
    static let quantities = [
        "in0", "in1", "in2", "in3", "in0-in1", "in0-in3", "in1-in3", "in2-in3",
    ].map { Quantity(name: $0, unit: Unit(unchecked: "V")) }
    /// ADDR to ground, supply, data, clock.
    static let addresses: [UInt8] = Array(0x48...0x4B)

    /// The ranges by the bits PGA (table 8-3).
    private static let ranges = [6.144, 4.096, 2.048, 1.024, 0.512, 0.256]
    /// Conversion and configuration register.
    private static let (conversion, configuration): (UInt8, UInt8) = (0, 1)
    /// A conversion at 128 a second, 10 % slower by the oscillator's tolerance, and the wake-up of
    /// 25 us (section 6.5).
    private static let duration = Duration.microseconds(8_700)
    /// How often one that is late is waited for once more.
    private static let patience = 3
    private static let isIdle: UInt16 = 0x8000

    private let gain: Int

    init(_ options: Options) throws(OptionFlaw) {
        let range = options.range ?? 4.096
        guard let gain = Self.ranges.firstIndex(of: range) else {
            throw OptionFlaw(
                key: "range", what: "there is no range of \(range) V",
                mend: "write one of " + Self.ranges.map { "\($0)" }.joined(separator: ", "))
        }
        self.gain = gain
    }

    mutating func measure(
        _ wanted: [Int], _ device: I2CDevice
    ) async throws(BusError) -> [Measured] {
        var measured: [Measured] = []
        for input in wanted { measured.append(try await convert(input, device)) }
        return measured
    }

    private func convert(_ input: Int, _ device: I2CDevice) async throws(BusError) -> Measured {
        try await device.write(word: command(input), to: Self.configuration)
        for _ in 0..<Self.patience {
            try await device.pause(Self.duration)
            guard try await device.word(Self.configuration) & Self.isIdle != 0 else { continue }
            return .number(
                Self.volts(try await device.word(Self.conversion), gain: gain), decimals: 6)
        }
        throw BusError(.timeout, "the converter does not finish; is its supply sound?")
    }

    /// Begins one conversion of this input, 128 a second, without the comparator.
    private func command(_ input: Int) -> UInt16 {
        let multiplexer = UInt16(input < 4 ? input + 4 : input - 4)
        return Self.isIdle | multiplexer << 12 | UInt16(gain) << 9 | 0x0100 | 0x0080 | 0x0003
    }

    /// Section 7.3.3: full scale is 32,768 steps. At its ends the input is beyond the range.
    static func volts(_ code: UInt16, gain: Int) -> Double {
        Double(Int16(bitPattern: code)) * ranges[gain] / 32768
    }
}
