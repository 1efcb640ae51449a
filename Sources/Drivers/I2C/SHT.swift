import Buses
import Telemetry

extension DriverKind {
    /// Sensirion SHT30, SHT31, SHT35.
    static let sht3x = DriverKind(
        name: "sht3x", summary: "Sensirion SHT30, SHT31, SHT35: temperature and humidity",
        chip: SHT3x.self)
    /// Sensirion SHT40, SHT41, SHT45.
    static let sht4x = DriverKind(
        name: "sht4x", summary: "Sensirion SHT40, SHT41, SHT45: temperature and humidity",
        chip: SHT4x.self)
}

/// Sensirion SHT30, SHT31, SHT35 (data sheet SHT3x-DIS, version 7).
struct SHT3x: SHTChip {
    static let addresses: [UInt8] = [0x44, 0x45]

    /// A single measurement of high repeatability, without clock stretching (table 9).
    static let command: [UInt8] = [0x24, 0x00]
    /// It takes at most 15.5 ms (table 4).
    static let duration = Duration.microseconds(15_500)

    init(_ options: NoOptions) {}

    /// Section 4.13, in degrees Celsius and percent.
    static func value(_ quantity: Int, _ words: [UInt16]) -> Double {
        let ratio = Double(words[quantity]) / 65535
        return quantity == 0 ? -45 + 175 * ratio : 100 * ratio
    }
}

/// Sensirion SHT40, SHT41, SHT45 (data sheet SHT4x, version 6.5).
struct SHT4x: SHTChip {
    static let addresses: [UInt8] = [0x44, 0x45, 0x46]

    /// A measurement of high precision (section 4.5).
    static let command: [UInt8] = [0xFD]
    /// It takes at most 8.3 ms (section 3.1).
    static let duration = Duration.microseconds(8_300)

    init(_ options: NoOptions) {}

    /// Section 4.6, in degrees Celsius and percent; what is outside of 0 to 100 % by the sensor's
    /// tolerance is cut off, as recommended there.
    static func value(_ quantity: Int, _ words: [UInt16]) -> Double {
        let ratio = Double(words[quantity]) / 65535
        return quantity == 0 ? -45 + 175 * ratio : min(max(-6 + 125 * ratio, 0), 100)
    }
}

/// What both families have in common: a command, a pause, two words with their checksums.
protocol SHTChip: I2CChip {
    /// Begins a measurement.
    static var command: [UInt8] { get }
    /// How long it takes at most.
    static var duration: Duration { get }
    /// Degrees Celsius or percent, from the words.
    static func value(_ quantity: Int, _ words: [UInt16]) -> Double
}

extension SHTChip {
    static var quantities: [Quantity] {
        [
            Quantity(name: "temp", unit: Unit(unchecked: "Cel")),
            Quantity(name: "humidity", unit: Unit(unchecked: "%RH")),
        ]
    }

    mutating func measure(
        _ wanted: [Int], _ device: I2CDevice
    ) async throws(BusError) -> [Measured] {
        try await device.write(Self.command)
        try await device.pause(Self.duration)
        guard let words = SensirionWords.read(try await device.read(6)) else {
            throw BusError(.checksum, "the sensor's checksum is wrong; is the cable too long?")
        }
        return wanted.map { .number(Self.value($0, words), decimals: 2) }
    }
}
