import Buses
import CModbus
import Glibc
import Platform
import Telemetry

/// Modbus TCP over libmodbus, on a thread of its own.
///
/// A connection that has timed out or brought nonsense is closed, so that no late answer can be
/// taken for another's; the next transfer opens it again. After a connect that failed, transfers
/// fail at once until a growing delay is over.
public actor ModbusTCPBus: ModbusBus {
    /// The delays after failed connects, 1 s to 30 s.
    private var backoff = Backoff(first: .seconds(1), longest: .seconds(30))
    private var refusal: (until: Instant, error: BusError)?
    private var connection: ModbusConnection?

    private let line: ModbusLine
    private let host: String
    private let port: UInt16
    private let clock = SystemClock()
    private nonisolated let executor: ThreadExecutor

    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    /// A bus that connects at its first transfer.
    public init(line: ModbusLine, host: String, port: UInt16) {
        self.line = line
        self.host = host
        self.port = port
        executor = ThreadExecutor(name: line.name)
    }

    public func sleep(until deadline: Instant) async throws(CancellationError) {
        try await executor.sleep(until: deadline)
    }

    public func close() {
        connection = nil
    }

    public func transfer(_ request: ModbusRequest) async throws(BusError) -> ModbusResponse {
        if let flaw = request.flaw { throw BusError(.invalidRequest, "\(line.name): \(flaw)") }
        let connection = try openConnection()
        do throws(ModbusConnection.Failure) {
            return try connection.transfer(request, timeout: line.responseTimeout)
        } catch {
            let busError = explain(error, unit: request.unit)
            if case .exception = busError.code {} else { self.connection = nil }
            throw busError
        }
    }

    private func openConnection() throws(BusError) -> ModbusConnection {
        if let connection { return connection }
        if let refusal, refusal.until > clock.now() { throw refusal.error }
        do throws(ModbusConnection.Failure) {
            let opened = try ModbusConnection(host: host, port: port, timeout: line.responseTimeout)
            backoff.succeed()
            refusal = nil
            connection = opened
            return opened
        } catch {
            let reason = BusError(.disconnected, errno: error.errno, explainConnect(error.errno))
            refusal = (clock.now() + backoff.next(), reason)
            throw reason
        }
    }

    private var address: String { "\(line.name) (\(host):\(port))" }

    private func explainConnect(_ code: Int32) -> String {
        switch code {
        case ECONNREFUSED: "\(address) refuses the connection: is Modbus TCP enabled on this port?"
        case ETIMEDOUT, EINPROGRESS: "\(address) does not answer: is it powered and cabled?"
        case EHOSTUNREACH, ENETUNREACH: "\(address) cannot be reached: check address and network"
        default: "\(address) cannot be connected: \(ModbusConnection.text(code))"
        }
    }

    private func explain(_ failure: ModbusConnection.Failure, unit: UInt8) -> BusError {
        let device = "unit \(unit) on \(address)"
        switch failure.errno {
        case ETIMEDOUT: return BusError(.timeout, errno: ETIMEDOUT, "\(device) does not answer")
        case EPIPE, ECONNRESET, EBADF, ENOTCONN, ECONNABORTED:
            return BusError(
                .disconnected, errno: failure.errno, "\(address) closed the connection")
        default: break
        }
        if let code = failure.exception {
            let text = ModbusConnection.text(failure.errno)
            return BusError(.exception(code), "\(device) refused: exception \(code), \(text)")
        }
        if failure.isCorrupt {
            let text = ModbusConnection.text(failure.errno)
            return BusError(.corrupt, "\(device) answered what was not asked: \(text)")
        }
        let text = ModbusConnection.text(failure.errno)
        return BusError(.system, errno: failure.errno, "\(device): \(text)")
    }
}
