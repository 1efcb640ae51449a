/// Opens buses. The real one is `LinuxBusProvider` in LinuxBuses; tests give scripted ones.
public protocol BusProvider: Sendable {
    /// The bus behind this line, closed until its first transfer.
    func modbus(_ line: ModbusLine) -> any ModbusBus
}
