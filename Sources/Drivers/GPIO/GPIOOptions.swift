import Buses
import Telemetry

/// The options of the `gpio` driver.
struct GPIOOptions: Decodable, Sendable {
    /// A line each.
    var points: NamedList<GPIOPoint>
}

/// One point on a GPIO line.
///
///     door: {line: door, bias: pull-up, active-low: true, debounce: 20ms, urgent: true}
///     energy: {line: s0, count: {per-unit: 1000}, unit: kWh}
///     power: {line: s0, rate: {per-unit: 1000, per: 1h}, unit: kW}
///     lamp: {line: "gpiochip0:17", writable: {initial: off, safe: off}}
///     bell: {line: bell, writable: {pulse: 500ms}}
struct GPIOPoint: Decodable, Sendable {
    /// The line's name, or `CHIP:OFFSET`.
    var line: GPIOLineName
    /// Whether a low voltage is active; not unless given.
    var activeLow: Bool?
    /// What pulls the line; as the board has it unless given.
    var bias: GPIOLine.Bias?
    /// How long a level has to hold, up to 10 s; not at all unless given.
    var debounce: Duration?
    /// How many changes a second are sent in the long run, 0.1 to 1000; 10 unless given.
    var maxChanges: Double?
    /// The point is how often the line became active; `count: {per-unit: 1000}`, or `true`.
    var count: ScalarOrFields<Bool, PulseScale>?
    /// The point is how fast it does.
    var rate: PulseScale?
    /// The unit of a count or rate.
    var unit: Unit?
    /// The line is an output: `true`, or how it may be written.
    var writable: ScalarOrFields<Bool, OutputOptions>?
    /// How an output drives the line; push-pull unless given.
    var drive: GPIOLine.Drive?
}

/// What pulses stand for.
struct PulseScale: Decodable, Sendable {
    /// How many pulses are one of the unit, such as 1000 a kWh; more than 0. 1 unless given.
    var perUnit: Double?
    /// The time that a rate is for, 1 ms to 1 d; 1 s unless given. Pulses that are kWh are kW with 1 h.
    var per: Duration?
}

/// How an output may be written.
struct OutputOptions: Decodable, Sendable {
    /// What it is driven to when the gateway takes it; as it is unless given.
    var initial: String?
    /// What it is driven to when the gateway stops, or has lost its uplink for too long.
    var safe: String?
    /// How long it stays active once it is switched on, 1 ms to 1 h; for ever unless given.
    var pulse: Duration?
}

/// A line's name or place as the configuration has it.
struct GPIOLineName: TextScalar, Hashable {
    var address: GPIOLine.Address

    init(text: String) throws(TextScalarError) {
        guard let address = GPIOLine.Address(text) else {
            throw TextScalarError(
                "`\(text.prefix(80))` is no line",
                mend: "write its name, or its chip and number: `gpiochip0:17`")
        }
        self.address = address
    }

    private init() { address = .name("") }
    static let placeholder = GPIOLineName()
}
