import Buses
import Telemetry

extension DriverKind {
    /// Maxim DS3231.
    static let ds3231 = DriverKind(
        name: "ds3231", summary: "Maxim DS3231: a clock with a battery, and its temperature",
        chip: DS3231.self)
}

/// Maxim DS3231 (19-5170, rev. 10), as a device that is read: to see whether its battery lives and how
/// far the system's clock is away from it. Setting the system's clock by it is the kernel's business
/// (rtc-ds1307), which then has the chip and refuses others.
struct DS3231: I2CChip {
    static let quantities = [
        Quantity(name: "time", unit: Unit(unchecked: "s")),
        Quantity(name: "temp", unit: Unit(unchecked: "Cel")),
        Quantity(name: "stopped", unit: .none),
    ]
    static let addresses: [UInt8] = [0x68]

    /// Table 1: the time from 0x00 on, the status at 0x0F, the temperature at 0x11.
    private static let count = 19
    private static let (status, temperature) = (0x0F, 0x11)

    init(_ options: NoOptions) {}

    mutating func measure(
        _ wanted: [Int], _ device: I2CDevice
    ) async throws(BusError) -> [Measured] {
        let bytes = try await device.read(Self.count, from: 0)
        // OSF: the oscillator has stood still, since the battery was empty or never there.
        let hasStopped = bytes[Self.status] & 0x80 != 0
        return wanted.map { quantity in
            switch quantity {
            case 0:
                guard !hasStopped else { return .bad(.notAvailable) }
                return Self.seconds(bytes).map { .value(.int64($0)) } ?? .bad(.unrepresentable)
            case 1: return .value(.double(Self.degrees(bytes)))
            default: return .value(.bool(hasStopped))
            }
        }
    }

    /// Ten bits in quarters of a degree, two's complement.
    private static func degrees(_ bytes: [UInt8]) -> Double {
        let word = UInt16(bytes[temperature]) << 8 | UInt16(bytes[temperature + 1])
        return Double(Int16(bitPattern: word) >> 6) / 4
    }

    /// Seconds since 1970, the chip's time being UTC; nil if it is no time.
    static func seconds(_ bytes: [UInt8]) -> Int64? {
        guard let second = decimal(bytes[0], 0...59), let minute = decimal(bytes[1], 0...59),
            let hour = hour(bytes[2]), let day = decimal(bytes[4], 1...31),
            let month = decimal(bytes[5] & 0x7F, 1...12), let year = decimal(bytes[6], 0...99)
        else { return nil }
        let whole = year + (bytes[5] & 0x80 == 0 ? 2000 : 2100)
        let nextMonth = month == 12 ? days(whole + 1, 1, 1) : days(whole, month + 1, 1)
        guard days(whole, month, day) < nextMonth else { return nil }
        return days(whole, month, day) * 86400 + hour * 3600 + minute * 60 + second
    }

    /// 24 hours, or 12 with a bit for the afternoon.
    private static func hour(_ byte: UInt8) -> Int64? {
        guard byte & 0x40 != 0 else { return decimal(byte, 0...23) }
        guard byte & 0x80 == 0, let hour = decimal(byte & 0x1F, 1...12) else { return nil }
        return hour % 12 + (byte & 0x20 == 0 ? 0 : 12)
    }

    private static func decimal(_ byte: UInt8, _ range: ClosedRange<Int64>) -> Int64? {
        let (tens, ones) = (Int64(byte >> 4), Int64(byte & 0x0F))
        let number = tens * 10 + ones
        return ones < 10 && range.contains(number) ? number : nil
    }

    /// Days since 1970 of a date of the Gregorian calendar.
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let year = month <= 2 ? year - 1 : year
        let shifted = (month + 9) % 12
        return 365 * year + year / 4 - year / 100 + year / 400 + (153 * shifted + 2) / 5 + day - 1
            - 719_468
    }
}
