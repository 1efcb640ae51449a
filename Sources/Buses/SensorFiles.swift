import Telemetry

/// The measuring chips that drivers of the kernel have, as files of sysfs: the classes hwmon (Linux
/// kernel, Documentation/hwmon/sysfs-interface.rst) and IIO (Documentation/ABI/testing/sysfs-bus-iio).
///
/// A chip is found by its name, since its number changes from boot to boot. One that vanishes is
/// looked for again after a growing delay.
public protocol SensorFiles: Bus {
    /// The chips there are now, hwmon's before IIO's.
    func chips() async throws(BusError) -> [SensorChip]

    /// The names of a chip's files; whoever needs one looks here whether the chip has it.
    func files(of chip: SensorAddress) async throws(BusError) -> Set<String>

    /// Reads one of a chip's files, which may take as long as a transfer on the chip's own bus.
    ///
    /// - Returns: The text without the end of its line; nil if the chip has no value at present
    ///   (ENODATA: the sensor is switched off).
    func text(of file: String, of chip: SensorAddress) async throws(BusError) -> String?
}

/// The classes of the kernel that measuring chips are in.
public enum SensorClass: String, Hashable, Sendable, CaseIterable {
    /// Hardware monitoring: /sys/class/hwmon.
    case hwmon
    /// Industrial I/O: /sys/bus/iio.
    case iio
}

/// How a chip is found.
public struct SensorAddress: Hashable, Sendable {
    /// Its class.
    public var sensorClass: SensorClass
    /// What its file `name` says, such as `lm75`.
    public var name: String
    /// Its place or label, where several have the name; nil if there is only one.
    public var place: String?

    /// A chip of this name.
    public init(_ sensorClass: SensorClass, name: String, place: String? = nil) {
        self.sensorClass = sensorClass
        self.name = name
        self.place = place
    }
}

/// A measuring chip that a driver of the kernel has.
public struct SensorChip: Hashable, Sendable {
    /// The most chips that are looked at; a cabinet has a handful.
    public static let mostChips = 256
    /// The most files of one that are looked at.
    public static let mostFiles = 1024

    /// Its class.
    public var sensorClass: SensorClass
    /// What its file `name` says, such as `lm75`.
    public var name: String
    /// The name of its device, such as `0-0048` for address 0x48 on i2c-0; nil if it has none.
    public var place: String?
    /// What the board's description calls it; nil if it does not.
    public var label: String?
    /// The names of its files.
    public var files: Set<String>

    /// A chip.
    public init(
        _ sensorClass: SensorClass, name: String, place: String? = nil, label: String? = nil,
        files: Set<String> = []
    ) {
        self.sensorClass = sensorClass
        self.name = name
        self.place = place
        self.label = label
        self.files = files
    }

    /// Whether it is the one that is meant.
    public func fits(_ address: SensorAddress) -> Bool {
        guard sensorClass == address.sensorClass, name == address.name else { return false }
        return address.place == nil || address.place == place || address.place == label
    }
}

extension SensorChip: CustomStringConvertible {
    /// Its name with its place: `lm75 (0-0048)`.
    public var description: String {
        let parts = [place, label, sensorClass == .iio ? "IIO" : nil].compactMap { $0 }
        return parts.isEmpty ? name : "\(name) (\(parts.joined(separator: ", ")))"
    }
}
