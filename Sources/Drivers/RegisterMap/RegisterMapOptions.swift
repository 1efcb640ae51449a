import Buses
import Telemetry

/// The options of the `register-map` driver: any Modbus device, register by register.
public struct RegisterMapOptions: Decodable, Sendable {
    /// The device's unit id, 1 to 247 on a serial line, 0 to 255 on TCP.
    public var unitID: UInt8
    /// The most registers the device gives in one answer, 1 to 125.
    public var maximumRegisters: Int?
    /// How many registers nobody wants are read along at most to save a request, 0 to 125; as many
    /// as is cheaper unless given.
    public var maximumGap: Int?
    /// Whether registers that nobody wants are never read: for devices that give zeros for what they
    /// do not have, and errors for it alone.
    public var noHoles: Bool?
    /// How long the line is silent before each request to this device, 0 to 5 s; none unless given.
    public var pause: Duration?
    /// How long this device may take to answer, if not as long as the bus allows.
    public var responseTimeout: Duration?
    /// The order of words and bytes of numbers of two registers and more that do not say their own;
    /// `ABCD` unless given.
    public var order: WordOrder?
    /// What to read.
    public var points: NamedList<RegisterPoint>

    private enum CodingKeys: String, CodingKey {
        case unitID = "unit-id"
        case maximumRegisters = "max-registers"
        case maximumGap = "max-gap"
        case noHoles = "no-holes"
        case pause
        case responseTimeout = "response-timeout"
        case order, points
    }
}

extension RegisterMapOptions {
    /// A point with the device's order, where it has a number with an order of words and none of its
    /// own.
    func ordered(_ point: RegisterPoint) -> RegisterPoint {
        var point = point
        if point.order == nil, point.type?.registers ?? 0 > 1 { point.order = order }
        return point
    }
}

/// The four tables of a Modbus device (Modbus Application Protocol V1.1b3, section 4.3).
public enum RegisterTable: Int, Sendable, CaseIterable {
    case holding, input, coil, discrete

    /// Whether its items are single bits.
    public var isBits: Bool { self == .coil || self == .discrete }
}
