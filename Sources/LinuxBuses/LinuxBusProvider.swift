import Buses

/// Opens the machine's own buses.
public struct LinuxBusProvider: BusProvider {
    /// A provider without any bus open yet.
    public init() {}

    public func modbus(_ line: ModbusLine) -> any ModbusBus {
        switch line.endpoint {
        case .tcp(let host, let port): ModbusTCPBus(line: line, host: host, port: port)
        }
    }
}
