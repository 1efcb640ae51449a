import Buses
import LinuxBuses
import Platform
import Telemetry
import TestSupport

/// A bus on a port of this machine, whose devices are as slow as they like: tests run on machines
/// that are busy with other things.
func rtuBus(
    _ path: String, baud: Int = 115_200, responseTimeout: Duration = .seconds(5),
    leastTimeout: Duration = .seconds(5), turnaround: Duration = .zero,
    direction: SerialPort.Direction = .automatic, clock: any BootClock = ManualClock()
) -> ModbusRTUBus {
    let port = SerialPort(path: path, baud: baud, direction: direction)
    let line = ModbusLine(
        name: "line", endpoint: .serial(port), responseTimeout: responseTimeout,
        leastTimeout: leastTimeout, turnaround: turnaround)
    return ModbusRTUBus(line: line, port: port, clock: clock)
}

/// A bus to a serial server on this machine.
func rtuBus(port: UInt16, responseTimeout: Duration = .seconds(5)) -> ModbusRTUBus {
    let line = ModbusLine(
        name: "line", endpoint: .rtuOverTCP(host: "127.0.0.1", port: port),
        responseTimeout: responseTimeout, leastTimeout: responseTimeout)
    return ModbusRTUBus(line: line, host: "127.0.0.1", tcpPort: port, clock: ManualClock())
}
