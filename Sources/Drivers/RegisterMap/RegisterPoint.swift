import Telemetry

/// One point of a register map.
///
///     voltage: {input: 0, type: float32, unit: V}
///     mode: {holding: 40, states: {0: off, 1: heating, 2: cooling}, writable: true}
///     door: {discrete: 3, states: {0: closed, 1: open}}
///     phase: {holding: 41, bits: [4, 7]}
///     power: {holding: 40083, type: int16, scale-factor: 40084, not-available: 0x8000, unit: W}
///     temperature: {input: 1, expression: "raw > 10000 ? 10000 - raw : raw", scale: 0.1, unit: Cel}
///     serial: {holding: 100, type: string, length: 8, characters: low}
public struct RegisterPoint: Decodable, Sendable {
    /// The address of a holding register (function 3), 0 to 65535 as sent on the wire.
    public var holding: UInt16?
    /// The address of an input register (function 4).
    public var input: UInt16?
    /// The address of a coil (function 1).
    public var coil: UInt16?
    /// The address of a discrete input (function 2).
    public var discrete: UInt16?
    /// How the registers are to be read; `uint16` unless given, or `bool` with `bit`.
    public var type: RegisterType?
    /// In which order bytes and words come; `ABCD` unless given.
    public var order: WordOrder?
    /// A string's length in registers.
    public var length: Int?
    /// Which bytes of a register are characters of a string; `both` unless given.
    public var characters: CharacterLayout?
    /// The bit that is the point, 0 the lowest: a bool, or 0 and 1 with another unsigned type.
    public var bit: Int?
    /// The lowest and highest bit of a field within an unsigned number.
    public var bits: [Int]?
    /// The names of raw numbers (after `bits`): the value becomes the name. A number without a
    /// name becomes a text of its digits.
    public var states: NamedList<String>?
    /// A formula over the raw number, before the scale factor and `scale`; see `Expression`.
    public var expression: String?
    /// The address of the register, in the same table, that holds the power of ten which the
    /// number is multiplied with.
    public var scaleFactor: UInt16?
    /// What the number is multiplied with.
    public var scale: Double?
    /// What is added after scaling.
    public var offset: Double?
    /// The unit after scaling.
    public var unit: Unit?
    /// The raw values with which the device says that it has none, looked for before `bits`.
    public var notAvailable: OneOrMore<Sentinel>?
    /// Whether the point may be written, and how; not unless given.
    public var writable: ScalarOrFields<Bool, WriteOptions>?

    private enum CodingKeys: String, CodingKey {
        case holding, input, coil, discrete, type, order, length, characters, bit, bits, states
        case expression
        case scaleFactor = "scale-factor"
        case scale, offset, unit
        case notAvailable = "not-available"
        case writable
    }
}
