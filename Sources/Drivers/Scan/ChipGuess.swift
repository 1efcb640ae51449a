import Buses
import Telemetry

/// What may be at an address of an I2C bus.
public struct ChipGuess: Sendable, Hashable {
    /// The drivers whose chips can have the address, the likeliest first.
    public var drivers: [String]
    /// Whether the chip itself has said that it is the first.
    public var isCertain: Bool

    /// The chips and the addresses that they can have.
    private static let chips: [(kind: DriverKind, addresses: [UInt8])] = [
        (.bme280, BME280.addresses), (.lm75, LM75.addresses), (.tmp102, TMP102.addresses),
        (.sht3x, SHT3x.addresses), (.sht4x, SHT4x.addresses), (.ina226, INA226.addresses),
        (.ina219, INA219.addresses), (.ads1115, ADS1115.addresses),
        (.mcp23017, MCP23017.addresses), (.pcf8574, PCF8574.addresses),
        (.ds3231, DS3231.addresses), (.mlx90614, MLX90614.addresses),
    ]

    /// Registers that chips tell who they are by. Asking for one writes its number, which the other
    /// chips at these addresses take as a register's number too.
    private static let identities: [(kind: DriverKind, register: UInt8, answer: [UInt8])] = [
        (.bme280, 0xD0, [0x60]),  // BST-BME280-DS002, section 5.4.1
        (.ina226, 0xFF, [0x22, 0x60]),  // SBOS547, section 7.6.10
    ]

    /// What an address allows for, and what the chip says of itself where it can be asked safely.
    public static func of(_ address: UInt8, on bus: any I2CBus) async -> ChipGuess {
        let possible = chips.filter { $0.addresses.contains(address) }.map(\.kind.name)
        for identity in identities where possible.contains(identity.kind.name) {
            do throws(BusError) {
                let answer = try await bus.read(
                    identity.answer.count, from: identity.register, of: address)
                guard answer == identity.answer else { continue }
                let others = possible.filter { $0 != identity.kind.name }
                return ChipGuess(drivers: [identity.kind.name] + others, isCertain: true)
            } catch {
                continue
            }
        }
        return ChipGuess(drivers: possible, isCertain: false)
    }
}
