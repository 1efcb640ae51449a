/// Opens buses. The real one is `LinuxBusProvider` in LinuxBuses; tests give scripted ones.
public protocol BusProvider: Sendable {
    /// The bus behind this line, closed until its first transfer.
    func modbus(_ line: ModbusLine) -> any ModbusBus

    /// The bus behind this line, closed until its first transaction.
    func i2c(_ line: I2CLine) -> any I2CBus

    /// The machine's own GPIO lines, none of them claimed.
    func gpio(named name: String) -> any GPIOBank

    /// The chips of the kernel's drivers, none of them looked for yet.
    func sensors(named name: String) -> any SensorFiles

    /// A program, which is started at its first use.
    func process(_ line: ProgramLine) -> any LineProcess
}

/// A bus as configured, of any kind.
public enum BusLine: Hashable, Sendable {
    /// A Modbus line or connection.
    case modbus(ModbusLine)
    /// An I2C bus.
    case i2c(I2CLine)
    /// The machine's own GPIO lines.
    case gpio(name: String)
    /// The chips of the kernel's drivers.
    case hwmon(name: String)
    /// A program that is a device's driver.
    case process(ProgramLine)
}

extension BusLine {
    /// Its name in the configuration.
    public var name: String {
        switch self {
        case .modbus(let line): line.name
        case .i2c(let line): line.name
        case .gpio(let name), .hwmon(let name): name
        case .process(let line): line.name
        }
    }

    /// Where it leads: `host:port`, a device's path, or a program's own name, since each device has
    /// a run of its own.
    public var address: String {
        switch self {
        case .modbus(let line): line.endpoint.address
        case .i2c(let line): line.path
        case .gpio: "/dev/gpiochip*"
        case .hwmon: "/sys/class/hwmon"
        case .process(let line): line.name
        }
    }

    /// The line if it is a Modbus one.
    public var modbus: ModbusLine? {
        if case .modbus(let line) = self { line } else { nil }
    }
}
