import Telemetry

/// How a Modbus bus is reached.
public enum ModbusEndpoint: Hashable, Sendable {
    /// Modbus TCP (Modbus Messaging on TCP/IP Implementation Guide V1.0b). Host is a name or an
    /// address; the registered port is 502.
    case tcp(host: String, port: UInt16)
    /// Modbus RTU (Modbus over Serial Line V1.02, section 2.5.1).
    case serial(SerialPort)
    /// RTU's frames on a TCP connection, as serial servers pass them through.
    case rtuOverTCP(host: String, port: UInt16)
}

/// A Modbus bus as configured.
public struct ModbusLine: Hashable, Sendable {
    /// Its name in the configuration; also its thread's.
    public var name: String
    /// How it is reached.
    public var endpoint: ModbusEndpoint
    /// How long to wait for an answer's first byte at most, unless a request says otherwise.
    public var responseTimeout: Duration
    /// How long to wait for it at least, however fast the device has answered so far. Between the
    /// two a serial line waits as long as the device's own answers suggest.
    public var leastTimeout: Duration
    /// Extra silence on a serial line before a request to another device than the last one.
    public var turnaround: Duration

    /// A line of this name.
    public init(
        name: String, endpoint: ModbusEndpoint, responseTimeout: Duration,
        leastTimeout: Duration = .milliseconds(50), turnaround: Duration = .zero
    ) {
        self.name = name
        self.endpoint = endpoint
        self.responseTimeout = responseTimeout
        self.leastTimeout = leastTimeout
        self.turnaround = turnaround
    }
}

extension ModbusEndpoint {
    /// Where it leads: `host:port`, or a serial port's path.
    public var address: String {
        switch self {
        case .tcp(let host, let port), .rtuOverTCP(let host, let port):
            host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .serial(let port): port.path
        }
    }
}

extension ModbusLine {
    /// How long to wait for the answer to a request, no longer than `limit` if there is one.
    public func timeout(of request: ModbusRequest, limit: Duration?) -> Duration {
        let configured = request.responseTimeout ?? responseTimeout
        return limit.map { min($0, configured) } ?? configured
    }
}
