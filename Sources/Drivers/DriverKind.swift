import Buses
import Telemetry

/// One kind of driver, as the registry lists it: what it is called, which bus it needs and how
/// a device's options become a plan.
public struct DriverKind: Sendable {
    /// The name after `driver:` in the configuration.
    public let name: String
    /// One line for `armadio` to show.
    public let summary: String
    /// The kind of bus that its devices hang on.
    public let bus: BusKind
    /// How often its points are read unless the configuration says otherwise.
    public let usualInterval: Duration
    /// The addresses and the identity of a chip on an I2C bus, for a scan; nil for other drivers.
    let chip: I2CSignature?
    /// Reads the options; nil when they were not usable and the source was told why.
    public let plan: @Sendable (any OptionsSource) -> DevicePlan?

    /// A kind of driver.
    public init(
        name: String, summary: String, bus: BusKind, usualInterval: Duration = .seconds(1),
        plan: @escaping @Sendable (any OptionsSource) -> DevicePlan?
    ) {
        self.init(
            name: name, summary: summary, bus: bus, usualInterval: usualInterval, chip: nil,
            plan: plan)
    }

    init(
        name: String, summary: String, bus: BusKind, usualInterval: Duration = .seconds(1),
        chip: I2CSignature?, plan: @escaping @Sendable (any OptionsSource) -> DevicePlan?
    ) {
        self.chip = chip
        self.name = name
        self.summary = summary
        self.bus = bus
        self.usualInterval = usualInterval
        self.plan = plan
    }
}

/// Every driver there is. An explicit list: what is not named here does not exist.
public enum DriverRegistry {
    /// The kinds, in the order they are shown.
    public static let all: [DriverKind] = [
        .registerMap, .sunSpec, .gpio, .hwmon,
        .bme280, .sht3x, .sht4x, .lm75, .tmp102, .ina219, .ina226, .ads1115,
        .mcp23017, .pcf8574, .ds3231, .mlx90614,
        .exec,
    ]

    /// The kind of this name.
    public static func kind(named name: String) -> DriverKind? {
        all.first { $0.name == name }
    }
}

/// The kinds of bus.
public enum BusKind: String, Sendable {
    /// A Modbus line or connection.
    case modbus
    /// An I2C bus.
    case i2c
    /// The machine's own GPIO lines: a bus that needs no configuration.
    case gpio
    /// The chips that drivers of the kernel have: a bus that needs no configuration.
    case hwmon
    /// A program: a bus of one device, that needs no configuration.
    case process
}

/// A bus of one of the kinds, as a driver gets it.
public enum BusHandle: Sendable {
    /// A Modbus line or connection.
    case modbus(any ModbusBus)
    /// An I2C bus.
    case i2c(any I2CBus)
    /// The machine's own GPIO lines.
    case gpio(any GPIOBank)
    /// The chips that drivers of the kernel have.
    case hwmon(any SensorFiles)
    /// A program.
    case process(any LineProcess)

    /// Which kind it is.
    public var kind: BusKind {
        switch self {
        case .modbus: .modbus
        case .i2c: .i2c
        case .gpio: .gpio
        case .hwmon: .hwmon
        case .process: .process
        }
    }
}

/// A device's options as written in the configuration, whatever the file's form. Problems are
/// collected, so that a technician sees all of them at once.
public protocol OptionsSource {
    /// The device's name; empty where the options are not those of a device.
    var device: String { get }

    /// Decodes the options; nil when that failed and the problems were taken note of.
    func decode<Options: Decodable & Sendable>(_ type: Options.Type) -> Options?

    /// Takes note of a problem with what was decoded.
    ///
    /// - Parameters:
    ///   - path: The keys that lead to it from the device, such as `points`, `voltage`, `type`.
    ///   - what: What is wrong.
    ///   - mend: How to mend it.
    func report(path: [String], _ what: String, mend: String)

    /// Where the board has the line that it calls so; nil if the name is not the board's.
    func line(named name: String) -> GPIOLine.Address?
}

extension OptionsSource {
    /// Not a device's.
    public var device: String { "" }

    /// A board that has no names of its own.
    public func line(named name: String) -> GPIOLine.Address? { nil }
}

/// A device understood but not yet opened: its channels, and how to make its driver.
public struct DevicePlan: Sendable {
    /// What the device offers, in the order of the configuration.
    public var channels: [Channel]
    /// The program that is its driver, and so its bus.
    public var program: ProgramLine?
    /// The machine's GPIO lines that it takes, by channel.
    public var lines: [GPIOLine.Address?] = []
    /// Makes the driver on its bus, with what it may know from before. Called by the sampler that
    /// will own it.
    public var makeDriver: @Sendable (BusHandle, any DriverMemory) -> any Driver

    /// A device with these channels.
    public init(
        channels: [Channel], program: ProgramLine? = nil,
        makeDriver: @escaping @Sendable (BusHandle, any DriverMemory) -> any Driver
    ) {
        self.channels = channels
        self.program = program
        self.makeDriver = makeDriver
    }
}
