import Telemetry

/// What a channel measures: the unit of its readings, and what one of the kernel's units is of it.
struct SensorQuantity: Hashable, Sendable {
    /// What the kernel's number is worth.
    enum Worth: Hashable, Sendable {
        /// A power of ten of the unit.
        case power(Int)
        /// Such a part of the whole, which is 100 %.
        case part(of: Int)
    }

    /// The word that the channel's name has for it, such as `temp`.
    let word: String
    let unit: Unit
    let worth: Worth
    /// The files that may have the value, behind the channel's name, in the order in which they are
    /// looked for.
    let items: [String]

    private init(_ word: String, _ unit: String, _ worth: Worth, _ items: [String]) {
        self.word = word
        self.unit = Unit(unchecked: unit)
        self.worth = worth
        self.items = items
    }

    /// Those of hwmon (Linux kernel, Documentation/hwmon/sysfs-interface.rst). A chip that has only
    /// an average has that as its value, as power meters of the ACPI do.
    static let hwmon: [SensorQuantity] = {
        let items = ["_input", "_average"]
        return [
            SensorQuantity("in", "V", .power(-3), items),
            SensorQuantity("temp", "Cel", .power(-3), items),
            SensorQuantity("curr", "A", .power(-3), items),
            SensorQuantity("power", "W", .power(-6), items),
            SensorQuantity("energy", "J", .power(-6), items),
            SensorQuantity("humidity", "%RH", .power(-3), items),
            SensorQuantity("fan", "1/min", .power(0), items),
            SensorQuantity("pwm", "%", .part(of: 255), [""]),
        ]
    }()

    /// Those of IIO (Linux kernel, Documentation/ABI/testing/sysfs-bus-iio).
    static let iio: [SensorQuantity] = {
        let items = ["_input", "_raw"]
        return [
            SensorQuantity("voltage", "V", .power(-3), items),
            SensorQuantity("altvoltage", "V", .power(-3), items),
            SensorQuantity("current", "A", .power(-3), items),
            SensorQuantity("power", "W", .power(-3), items),
            SensorQuantity("energy", "J", .power(0), items),
            SensorQuantity("temp", "Cel", .power(-3), items),
            SensorQuantity("humidityrelative", "%RH", .power(-3), items),
            SensorQuantity("pressure", "hPa", .power(1), items),
            SensorQuantity("illuminance", "lx", .power(0), items),
            SensorQuantity("resistance", "Ohm", .power(0), items),
            SensorQuantity("capacitance", "F", .power(-9), items),
            SensorQuantity("concentration", "ppm", .power(4), items),
            SensorQuantity("massconcentration", "ug/m3", .power(0), items),
            SensorQuantity("ph", "pH", .power(0), items),
            SensorQuantity("electricalconductivity", "S/m", .power(0), items),
            SensorQuantity("accel", "m/s2", .power(0), items),
            SensorQuantity("incli", "deg", .power(0), items),
            SensorQuantity("magn", "T", .power(-4), items),
            SensorQuantity("distance", "m", .power(0), items),
        ]
    }()

    /// The kernel's number in the unit; nil if it has too many digits.
    func value(of number: SensorNumber) -> SensorNumber? {
        switch worth {
        case .power(let power): return number.shifted(by: power)
        case .part(let whole):
            // Tenths of a percent: a step is four of them.
            let tenths = (number.double * 1000 / Double(whole)).rounded()
            return Int128(exactly: tenths).map { SensorNumber($0, decimals: 1) }
        }
    }
}
