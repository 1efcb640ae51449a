import Synchronization
import Telemetry

/// What a simulated device does wrong.
public enum Fault: Hashable, Sendable {
    /// It does not answer.
    case mute
    /// It answers this much later. The others are not held up.
    case slow(Duration)
    /// It refuses every request with this exception code.
    case exception(UInt8)
    /// The words of its numbers come lowest first, whatever its manual says: `meter` alone.
    case swapped
    /// It answers with noise, half an answer, or an answer to somebody else.
    case garbage
}

/// The fault switches of a simulated field, one a unit. They may be turned at any time and from
/// any thread; the next request finds them.
public final class Faults: Sendable {
    private let faults: Mutex<[UInt8: Fault]>

    /// Faults by unit id; none unless given.
    public init(_ faults: [UInt8: Fault] = [:]) {
        self.faults = Mutex(faults)
    }

    /// What the unit does wrong; nil for nothing.
    public subscript(unit: UInt8) -> Fault? {
        get { faults.withLock { $0[unit] } }
        set { faults.withLock { $0[unit] = newValue } }
    }
}

/// A fault switch as a command line writes it: `mute:3`, `slow:3:500ms`, `exception:3:4`,
/// `garbage:3`, `swapped:3`.
public struct FaultSwitch: Hashable, Sendable, TextScalar {
    /// The unit whose switch it is.
    public var unit: UInt8
    /// What the unit does wrong.
    public var fault: Fault

    /// A fault of a unit.
    public init(unit: UInt8, fault: Fault) {
        self.unit = unit
        self.fault = fault
    }

    /// Reads a fault switch.
    public init(text: String) throws(TextScalarError) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count >= 2, let unit = UInt8(parts[1]) else { throw Self.error(text) }
        self.unit = unit
        switch (parts[0], parts.count) {
        case ("mute", 2): fault = .mute
        case ("garbage", 2): fault = .garbage
        case ("swapped", 2): fault = .swapped
        case ("slow", 3): fault = .slow(try Duration(text: parts[2]))
        case ("exception", 3):
            guard let code = UInt8(parts[2]), code > 0 else { throw Self.error(text) }
            fault = .exception(code)
        default: throw Self.error(text)
        }
    }

    public static var placeholder: FaultSwitch { FaultSwitch(unit: 0, fault: .mute) }

    private static func error(_ text: String) -> TextScalarError {
        TextScalarError(
            "`\(text)` is not a fault",
            mend: "write mute:UNIT, slow:UNIT:DURATION, exception:UNIT:CODE, garbage:UNIT or "
                + "swapped:UNIT, such as slow:3:500ms")
    }
}
