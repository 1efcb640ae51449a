import Telemetry

/// Why a transfer on a bus did not bring what was asked for.
public struct BusError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kinds of failure, as they decide what happens next.
    public enum Code: Hashable, Sendable {
        /// No answer within the response time-out.
        case timeout
        /// The connection or port is not open, or was lost; the bus tries again by itself.
        case disconnected
        /// Something answered, but not what was asked.
        case corrupt
        /// A frame's checksum was wrong: the line is disturbed.
        case checksum
        /// The device refused, with this Modbus exception code (Modbus Application Protocol
        /// V1.1b3, section 7).
        case exception(UInt8)
        /// The request itself breaks the protocol's limits; nothing was sent.
        case invalidRequest
        /// The system refused; `errno` says why.
        case system
    }

    /// The kind of failure.
    public var code: Code
    /// The system's error number, or 0.
    public var errno: Int32
    /// What happened, in words a technician can act on.
    public var message: String

    /// A failed transfer.
    public init(_ code: Code, errno: Int32 = 0, _ message: String) {
        self.code = code
        self.errno = errno
        self.message = message
    }

    public var description: String { message }

    /// The quality of the readings that the transfer should have brought.
    public var quality: Quality {
        switch code {
        case .timeout: .timeout
        case .disconnected: .disconnected
        case .corrupt, .checksum: .corrupt
        case .invalidRequest, .system: .busError
        case .exception(1): .illegalFunction
        case .exception(2): .illegalAddress
        case .exception(3): .illegalValue
        case .exception(4): .deviceFailure
        case .exception(5), .exception(6): .deviceBusy
        case .exception(10), .exception(11): .gatewayUnavailable
        case .exception: .deviceException
        }
    }
}
