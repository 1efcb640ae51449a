import Telemetry

/// The points of a SunSpec model: one a line, in columns.
///
/// | column | meaning |
/// |---|---|
/// | 1 | our name |
/// | 2 | the name in the model's definition |
/// | 3 | the register, counted from the model's ID register |
/// | 4 | the type; behind a colon a string's registers, or the names of an enumeration |
/// | 5 | the unit, or `-` |
/// | 6 | the register of the scale factor, or `-` |
/// | 7 | `rare`: read only if the configuration lists the point |
struct SunSpecTable: Sendable {
    /// The points, in order of register.
    let points: [SunSpecPoint]

    init(_ text: String) {
        points = text.split(separator: "\n").compactMap { SunSpecPoint(line: $0) }
    }
}

/// One point of a model.
struct SunSpecPoint: Hashable, Sendable {
    /// Our name.
    var name: String
    /// The name in the model's definition.
    var original: String
    /// The register, counted from the model's ID register.
    var offset: Int
    var type: SunSpecType
    var unit: Unit
    /// Where the scale factor is, counted from the model's ID register.
    var factor: Int?
    /// Whether it is read though the configuration does not list it.
    var isUsual: Bool

    /// A line of a table; nil if it is none.
    init?(line: Substring) {
        let columns = line.split(separator: " ").map(String.init)
        guard columns.count >= 6, let offset = Int(columns[2]),
            let type = SunSpecType(text: columns[3])
        else { return nil }
        (name, original, self.offset, self.type) = (columns[0], columns[1], offset, type)
        unit = columns[4] == "-" ? .none : Unit(unchecked: columns[4])
        factor = Int(columns[5])
        isUsual = columns.count == 6
    }
}

/// The types of SunSpec points, each with its own way to say "not implemented" (SunSpec
/// Device Information Model Specification V1.1, section 6.5).
enum SunSpecType: Hashable, Sendable {
    case int16, uint16, uint32, acc32, bitfield32, float32
    /// An enumeration, with the names that its numbers have; none for the vendor's own.
    case enum16(SunSpecStates?)
    /// Text of so many registers.
    case string(registers: Int)

    init?(text: String) {
        let parts = text.split(separator: ":").map(String.init)
        let detail = parts.count > 1 ? parts[1] : nil
        switch parts.first {
        case "int16": self = .int16
        case "uint16": self = .uint16
        case "uint32": self = .uint32
        case "acc32": self = .acc32
        case "bitfield32": self = .bitfield32
        case "float32": self = .float32
        case "enum16": self = .enum16(detail.flatMap(SunSpecStates.init(rawValue:)))
        case "string": self = .string(registers: detail.flatMap(Int.init) ?? 1)
        default: return nil
        }
    }

    /// How many registers it takes.
    var registers: Int {
        switch self {
        case .int16, .uint16, .enum16: 1
        case .uint32, .acc32, .bitfield32, .float32: 2
        case .string(let registers): registers
        }
    }
}

/// The enumerations whose numbers have names.
enum SunSpecStates: String, Hashable, Sendable {
    case inverter, tracker, charge, control, chemistry, battery

    /// What a number means; nil if it is not in the model's definition.
    func name(of number: UInt16) -> String? {
        names.first { $0.number == number }?.name
    }

    private var names: [(number: UInt16, name: String)] {
        switch self {
        case .inverter: Self.inverterStates
        case .tracker: Self.inverterStates + [(9, "test")]
        case .charge: Self.chargeStates
        case .control: [(0, "remote"), (1, "local")]
        case .chemistry: Self.chemistries
        case .battery: Self.batteryStates
        }
    }

    /// Models 101 to 113, `St`.
    private static let inverterStates: [(number: UInt16, name: String)] = [
        (1, "off"), (2, "sleeping"), (3, "starting"), (4, "mppt"), (5, "throttled"),
        (6, "shutting-down"), (7, "fault"), (8, "standby"),
    ]
    /// Model 802, `ChaSt`.
    private static let chargeStates: [(number: UInt16, name: String)] = [
        (1, "off"), (2, "empty"), (3, "discharging"), (4, "charging"), (5, "full"),
        (6, "holding"), (7, "testing"),
    ]
    /// Model 802, `State`.
    private static let batteryStates: [(number: UInt16, name: String)] = [
        (1, "disconnected"), (2, "initializing"), (3, "connected"), (4, "standby"),
        (5, "soc-protection"), (6, "suspending"), (99, "fault"),
    ]
    /// Model 802, `Typ`.
    private static let chemistries: [(number: UInt16, name: String)] = [
        (0, "unknown"), (1, "lead-acid"), (2, "nickel-metal-hydride"), (3, "nickel-cadmium"),
        (4, "lithium-ion"), (5, "carbon-zinc"), (6, "zinc-chloride"), (7, "alkaline"),
        (8, "rechargeable-alkaline"), (9, "sodium-sulfur"), (10, "flow"), (99, "other"),
    ]
}
