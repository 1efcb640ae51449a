/// Whether a reading's value is good, and why not if it is not.
///
/// A failed read is a reading: it travels like a value, with its reason. One byte, whose
/// numbers are part of the journal's format: they are never reused.
public enum Quality: UInt8, Sendable, CaseIterable {
    /// The device answered and the value is what it said.
    case good = 0

    /// No answer within the response time-out.
    case timeout = 1
    /// The connection or port could not be opened, or was lost.
    case disconnected = 2
    /// Something answered, but not what was asked: wrong length, CRC, unit id or function.
    case corrupt = 3
    /// The bus itself failed; the log has the system's error.
    case busError = 4
    /// Not asked, because the device has failed and is waiting for its next try, or because its bus
    /// is lent to somebody who looks at it by hand.
    case suspended = 5

    /// Modbus exception 1, ILLEGAL FUNCTION.
    case illegalFunction = 16
    /// Modbus exception 2, ILLEGAL DATA ADDRESS.
    case illegalAddress = 17
    /// Modbus exception 3, ILLEGAL DATA VALUE.
    case illegalValue = 18
    /// Modbus exception 4, SERVER DEVICE FAILURE.
    case deviceFailure = 19
    /// Modbus exceptions 5 and 6, ACKNOWLEDGE and SERVER DEVICE BUSY.
    case deviceBusy = 20
    /// Modbus exceptions 10 and 11: the gateway in between has no path or no answer.
    case gatewayUnavailable = 21
    /// Any other exception of the device.
    case deviceException = 22

    /// The device says that it has no value (a sentinel).
    case notAvailable = 32
    /// The value does not fit the point: not a number, or a string that is not text.
    case unrepresentable = 33
    /// Changes of the point came and were lost, between the reading before and the one behind.
    case eventsLost = 34
    /// The point changes so often that its changes are left out.
    case chattering = 35

    /// Whether the reading carries a value to be used.
    public var isGood: Bool { self == .good }

    /// The word that stands for it on the wire and in `status`.
    public var name: String {
        switch self {
        case .good: "good"
        case .timeout: "timeout"
        case .disconnected: "disconnected"
        case .corrupt: "corrupt"
        case .busError: "bus-error"
        case .suspended: "suspended"
        case .illegalFunction: "illegal-function"
        case .illegalAddress: "illegal-address"
        case .illegalValue: "illegal-value"
        case .deviceFailure: "device-failure"
        case .deviceBusy: "device-busy"
        case .gatewayUnavailable: "gateway-unavailable"
        case .deviceException: "device-exception"
        case .notAvailable: "not-available"
        case .unrepresentable: "unrepresentable"
        case .eventsLost: "events-lost"
        case .chattering: "chattering"
        }
    }
}
