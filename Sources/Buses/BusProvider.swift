/// Opens buses. The real one is `LinuxBusProvider` in LinuxBuses; tests give scripted ones.
public protocol BusProvider: Sendable {
    /// The bus behind this line, closed until its first transfer.
    func modbus(_ line: ModbusLine) -> any ModbusBus

    /// The bus behind this line, closed until its first transaction.
    func i2c(_ line: I2CLine) -> any I2CBus
}

/// A bus as configured, of any kind.
public enum BusLine: Hashable, Sendable {
    /// A Modbus line or connection.
    case modbus(ModbusLine)
    /// An I2C bus.
    case i2c(I2CLine)
}
