import Buses
import Platform

/// Opens the machine's own buses.
public struct LinuxBusProvider: BusProvider {
    /// All TCP connections: they never block, so one thread serves them, and answers that come
    /// together cost one wake-up.
    private let network = ThreadExecutor(name: "modbus-tcp")

    /// A provider without any bus open yet.
    public init() {}

    public func modbus(_ line: ModbusLine) -> any ModbusBus {
        switch line.endpoint {
        case .tcp(let host, let port):
            ModbusTCPBus(line: line, host: host, port: port, executor: network)
        case .serial(let port):
            ModbusRTUBus(line: line, port: port)
        case .rtuOverTCP(let host, let port):
            ModbusRTUBus(line: line, host: host, tcpPort: port, executor: network)
        }
    }

    public func i2c(_ line: I2CLine) -> any I2CBus {
        LinuxI2CBus(line: line)
    }

    public func gpio(named name: String) -> any GPIOBank {
        LinuxGPIOBank(name: name)
    }

    public func sensors(named name: String) -> any SensorFiles {
        LinuxSensorFiles(name: name)
    }

    public func process(_ line: ProgramLine) -> any LineProcess {
        LinuxLineProcess(line: line)
    }
}
