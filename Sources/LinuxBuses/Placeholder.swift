import Buses
import CModbus
import Glibc
import Platform
import Telemetry

public struct LinuxBusProvider: BusProvider {
    public init() {}
    public func modbus(_ line: ModbusLine) -> any ModbusBus { ModbusTCPBus(line) }
}

public actor ModbusTCPBus: ModbusBus {
    public nonisolated let executor: ThreadExecutor
    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }
    let line: ModbusLine
    var context: OpaquePointer?
    init(_ line: ModbusLine) {
        self.line = line
        executor = ThreadExecutor(name: line.name)
    }
    public func sleep(until deadline: Instant) async throws(CancellationError) {
        try await executor.sleep(until: deadline)
    }
    public func close() {
        if let context {
            modbus_close(context)
            modbus_free(context)
        }
        context = nil
    }
    public func transfer(_ request: ModbusRequest) async throws(BusError) -> ModbusResponse {
        if context == nil {
            guard case .tcp(let host, let port) = line.endpoint else { fatalError() }
            let new = modbus_new_tcp_pi(host, String(port))
            modbus_set_response_timeout(new, 0, 500000)
            if modbus_connect(new) != 0 {
                modbus_free(new)
                throw BusError(.disconnected, "no connection")
            }
            context = new
        }
        modbus_set_slave(context, Int32(request.unit))
        guard case .readHoldingRegisters(let address, let count) = request.operation else {
            throw BusError(.invalidRequest, "not yet")
        }
        var values = [UInt16](repeating: 0, count: count)
        let got = modbus_read_registers(context, Int32(address), Int32(count), &values)
        if got != count {
            close()
            throw BusError(.timeout, "time-out")
        }
        return .registers(values)
    }
}
