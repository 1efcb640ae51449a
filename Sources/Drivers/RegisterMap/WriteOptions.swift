import Telemetry

/// How a point may be written: `writable: true`, or these keys.
public struct WriteOptions: Decodable, Sendable, Hashable {
    /// The least value, in the point's unit.
    public var min: Double?
    /// The largest value, in the point's unit.
    public var max: Double?
    /// Whether the point is read back after a write and has to show what was written; it is unless
    /// given. Not for registers that clear themselves, such as a reset command.
    public var verify: Bool?
    /// The function; `single` unless given, as far as one register or coil is written.
    public var function: WriteFunction?
    /// What is written when the gateway stops, or has lost its uplink for `safe-after`.
    public var safe: String?
}

/// The functions that write (Modbus Application Protocol V1.1b3, sections 6.5, 6.6, 6.11, 6.12).
public enum WriteFunction: String, Decodable, Sendable, CaseIterable {
    /// Functions 5 and 6, one coil or register.
    case single
    /// Functions 15 and 16: some devices know no others.
    case multiple
}

/// How a point may be written, checked.
struct WriteRules: Sendable, Hashable {
    /// What a number has to be within, in the point's unit.
    var range: ClosedRange<Double> = -Double.infinity...Double.infinity
    var verifies = true
    /// nil: function 6 or 5 where it can, 16 or 15 once a device does not know that.
    var function: WriteFunction?
    var safeValue: Value?
}
