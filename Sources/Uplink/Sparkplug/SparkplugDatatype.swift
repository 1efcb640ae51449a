import Telemetry

/// The datatypes of Sparkplug's metrics (section 6.4.16) that a reading can have.
enum SparkplugDatatype: UInt8, Sendable {
    case int32 = 3
    case int64 = 4
    case uint64 = 8
    case double = 10
    case boolean = 11
    case string = 12

    /// The datatype of a reading's value; nil for one without a value.
    init?(_ kind: ValueKind) {
        switch kind {
        case .none: return nil
        case .bool: self = .boolean
        case .int64: self = .int64
        case .uint64: self = .uint64
        case .double: self = .double
        case .string: self = .string
        }
    }

    /// The largest whole number up to which a double has all.
    private static let exactDouble = 1 << 53

    /// Whether a value can be told under this datatype without a loss. Drivers give whole numbers
    /// now as one kind, now as another, and that is no reason for new births.
    func holds(_ kind: ValueKind, _ bits: UInt64) -> Bool {
        switch (self, kind) {
        case (_, .none), (.boolean, .bool), (.string, .string), (.double, .double),
            (.int64, .int64), (.uint64, .uint64):
            true
        case (.int64, .uint64), (.uint64, .int64): bits <= UInt64(Int64.max)
        case (.double, .uint64): bits <= UInt64(Self.exactDouble)
        case (.double, .int64):
            Int64(bitPattern: bits).magnitude <= UInt64(Self.exactDouble)
        default: false
        }
    }
}
