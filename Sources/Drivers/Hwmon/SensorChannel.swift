import Buses

/// A channel of a chip of the kernel, by the name that its files begin with: `temp1` and `in0` of
/// hwmon, `in_temp` and `in_voltage0-voltage1` of IIO.
public struct SensorChannel: Hashable, Sendable {
    /// The longest name, in letters.
    private static let longestName = 64

    /// Its name.
    public let name: String
    /// The class that has such channels.
    public let sensorClass: SensorClass
    let quantity: SensorQuantity

    /// The channel of this name; nil if no chip has such a one.
    public init?(_ name: String) {
        guard name.utf8.count <= Self.longestName, name.utf8.allSatisfy(Self.isPlain) else {
            return nil
        }
        if let quantity = Self.hwmonQuantity(name) {
            (sensorClass, self.quantity) = (.hwmon, quantity)
        } else if let quantity = Self.iioQuantity(name) {
            (sensorClass, self.quantity) = (.iio, quantity)
        } else {
            return nil
        }
        self.name = name
    }

    /// The channels of a chip, by its files' names; in order of their names.
    public static func all(of chip: SensorChip) -> [SensorChannel] {
        let items = ["_input", "_average", "_raw", ""]
        let names = Set(
            chip.files.flatMap { file in
                items.filter { file.hasSuffix($0) }.map { String(file.dropLast($0.count)) }
            })
        return names.compactMap { SensorChannel($0) }
            .filter { $0.sensorClass == chip.sensorClass && $0.valueFile(among: chip.files) != nil }
            .sorted { ($0.name.count, $0.name) < ($1.name.count, $1.name) }
    }

    // MARK: Files

    /// The file with its value, among those that a chip has.
    func valueFile(among files: Set<String>) -> String? {
        quantity.items.lazy.map { self.name + $0 }.first { files.contains($0) }
    }

    /// The file that says whether the value means anything.
    func faultFile(among files: Set<String>) -> String? {
        let file = name + "_fault"
        return sensorClass == .hwmon && files.contains(file) ? file : nil
    }

    /// The file with what a raw value is multiplied by or what is added to it before: the channel's
    /// own, or one for all of its quantity, of its direction or of the chip (Linux kernel,
    /// drivers/iio/industrialio-core.c, __iio_device_attr_init).
    func rawFile(_ item: String, among files: Set<String>) -> String? {
        let word = "in_" + quantity.word
        let shared = name.contains("-") ? word + "-" + quantity.word : word
        return [name + item, shared + item, "in" + item, String(item.dropFirst())]
            .first { files.contains($0) }
    }

    // MARK: Names

    /// `temp1`: a word and a number.
    private static func hwmonQuantity(_ name: String) -> SensorQuantity? {
        let word = name.prefix { !("0"..."9").contains($0) }
        let number = name.dropFirst(word.count)
        guard !number.isEmpty, number.allSatisfy({ ("0"..."9").contains($0) }) else { return nil }
        return SensorQuantity.hwmon.first { $0.word == word }
    }

    /// `in_temp`, `in_voltage0`, `in_voltage0-voltage1`, `in_concentration_co2`.
    private static func iioQuantity(_ name: String) -> SensorQuantity? {
        guard name.hasPrefix("in_"), !files.contains(where: { name.hasSuffix($0) }) else {
            return nil
        }
        let word = name.dropFirst(3).prefix { ("a"..."z").contains($0) }
        return SensorQuantity.iio.first { $0.word == word }
    }

    /// What ends a file's name, and so no channel's.
    private static let files = ["_raw", "_input", "_scale", "_offset", "_label", "_available"]

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
