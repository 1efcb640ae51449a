import Buses
import Telemetry

extension DriverKind {
    /// Melexis MLX90614.
    static let mlx90614 = DriverKind(
        name: "mlx90614", summary: "Melexis MLX90614: temperature of what it looks at",
        chip: MLX90614.self)
}

/// Melexis MLX90614 (data sheet 3901090614, rev. 13): an infrared thermometer that speaks SMBus, each
/// word with its packet error code.
struct MLX90614: I2CChip {
    static let quantities = [
        Quantity(name: "temp", unit: Unit(unchecked: "Cel")),
        Quantity(name: "object", unit: Unit(unchecked: "Cel")),
    ]
    /// As shipped; others by its EEPROM.
    static let addresses: [UInt8] = [0x5A]

    /// RAM addresses of the chip's own and the object's temperature (table 5).
    private static let registers: [UInt8] = [0x06, 0x07]

    init(_ options: NoOptions) {}

    mutating func measure(
        _ wanted: [Int], _ device: I2CDevice
    ) async throws(BusError) -> [Measured] {
        var measured: [Measured] = []
        for quantity in wanted {
            let bytes = try await device.bus.transfer(
                I2CTransaction(
                    address: device.address, writing: [Self.registers[quantity]], reading: 2,
                    hasErrorCode: true))
            measured.append(Self.value(UInt16(bytes[0]) | UInt16(bytes[1]) << 8))
        }
        return measured
    }

    /// Section 8.7.4: fiftieths of a kelvin; the highest bit flags an error.
    static func value(_ word: UInt16) -> Measured {
        guard word & 0x8000 == 0 else { return .bad(.deviceFailure) }
        return .number(Double(word) * 0.02 - 273.15, decimals: 2)
    }
}
