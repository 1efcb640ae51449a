import Buses
import Telemetry

extension DriverKind {
    /// Bosch BME280 and BMP280.
    static let bme280 = DriverKind(
        name: "bme280",
        summary: "BME280: temperature, humidity, air pressure; BMP280 without humidity",
        chip: BME280.self)
}

/// Bosch BME280 (BST-BME280-DS001, revision 1.24) and BMP280, which has no humidity
/// (BST-BMP280-DS001, revision 1.26): one forced measurement a poll.
struct BME280: I2CChip {
    static let quantities = [
        Quantity(name: "temp", unit: Unit(unchecked: "Cel")),
        Quantity(name: "humidity", unit: Unit(unchecked: "%RH")),
        Quantity(name: "pressure", unit: Unit(unchecked: "hPa")),
    ]
    /// SDO to ground or supply.
    static let addresses: [UInt8] = [0x76, 0x77]
    static let identity = [
        I2CIdentityRegister(number: Register.identity, values: [[bme280], [bmp280]])
    ]

    /// Registers (section 5.3).
    private enum Register {
        static let identity: UInt8 = 0xD0
        static let calibration: UInt8 = 0x88
        static let humidityCalibration: UInt8 = 0xE1
        static let humidityControl: UInt8 = 0xF2
        static let control: UInt8 = 0xF4
        static let data: UInt8 = 0xF7
    }

    private static let (bme280, bmp280): (UInt8, UInt8) = (0x60, 0x58)
    /// Each quantity once, then sleep again (forced mode).
    private static let measureOnce: UInt8 = 0x25
    /// 1.25 ms and for each quantity 2.3 ms, 0.575 ms more for two of them (section 9.1).
    private static let duration = Duration.microseconds(9_300)
    /// What the data registers show before the first measurement.
    private static let (skipped, skippedHumidity) = (0x80000, 0x8000)

    private var calibration: BME280Calibration?

    init(_ options: NoOptions) {}

    mutating func start(_ device: I2CDevice) async throws(BusError) {
        let identity = try await device.read(1, from: Register.identity)[0]
        guard identity == Self.bme280 || identity == Self.bmp280 else {
            throw BusError(
                .corrupt,
                "the chip says that it is 0x\(String(identity, radix: 16)), no BME280 "
                    + "(0x60) or BMP280 (0x58)")
        }
        let first = try await device.read(26, from: Register.calibration)
        let second =
            identity == Self.bme280
            ? try await device.read(7, from: Register.humidityCalibration) : nil
        calibration = BME280Calibration(first, humidity: second)
    }

    mutating func measure(
        _ wanted: [Int], _ device: I2CDevice
    ) async throws(BusError) -> [Measured] {
        guard let calibration else { throw BusError(.corrupt, "the chip is not calibrated") }
        try await device.write([Register.humidityControl, 1])
        try await device.write([Register.control, Self.measureOnce])
        try await device.pause(Self.duration)
        let data = try await device.read(8, from: Register.data).map(Int.init)
        let pressure = data[0] << 12 | data[1] << 4 | data[2] >> 4
        let temperature = data[3] << 12 | data[4] << 4 | data[5] >> 4
        let humidity = data[6] << 8 | data[7]
        guard temperature != Self.skipped, pressure != Self.skipped else {
            throw BusError(.corrupt, "the chip has not measured")
        }
        let fine = calibration.fineTemperature(temperature)
        let values: [Measured] = [
            .number(calibration.degrees(fine), decimals: 2),
            calibration.humidity(humidity, fine).map { .number($0, decimals: 2) }
                ?? .bad(.notAvailable),
            calibration.pascals(pressure, fine).map { .number($0 / 100, decimals: 2) }
                ?? .bad(.unrepresentable),
        ]
        return wanted.map { values[$0] }
    }
}
