import Buses
import Telemetry

extension DriverKind {
    /// Microchip MCP23017.
    static let mcp23017 = DriverKind(
        name: "mcp23017", summary: "Microchip MCP23017: sixteen lines, inputs and outputs",
        chip: MCP23017.self)
    /// NXP PCF8574 and PCF8574A.
    static let pcf8574 = DriverKind(
        name: "pcf8574", summary: "NXP PCF8574, PCF8574A: eight lines, inputs and outputs",
        chip: PCF8574.self)

    private init<Chip: LineChip>(name: String, summary: String, chip: Chip.Type) {
        self.init(
            name: name, summary: summary, bus: .i2c, usualInterval: .seconds(60),
            chip: I2CSignature(
                addresses: Chip.addresses, identity: [],
                options: ["points: {line-0: {pin: 0}}"]),
            plan: { LineChipPlan<Chip>(source: $0).plan() })
    }
}

/// The options of a chip with lines.
struct LineChipOptions: Decodable, Sendable {
    /// Its 7-bit address, as its pins are strapped; the usual one unless given.
    var address: UInt8?
    /// How often it is looked at for changes, 10 ms to 10 s; 50 ms unless given.
    var scan: Duration?
    /// A line each.
    var points: NamedList<LineChipPoint>
}

/// One line of a chip.
///
///     door: {pin: A0, bias: pull-up, active-low: true, debounce: 100ms}
///     lamp: {pin: B7, writable: {initial: off, safe: off}}
struct LineChipPoint: Decodable, Sendable {
    /// The line: its number from 0, or its port and number as the data sheet has it.
    var pin: String
    /// Whether a low voltage is active; not unless given.
    var activeLow: Bool?
    /// What pulls the line.
    var bias: GPIOLine.Bias?
    /// How long a level has to be seen, up to 10 s; once unless given.
    var debounce: Duration?
    /// The line is an output: `true`, or how it may be written.
    var writable: ScalarOrFields<Bool, OutputOptions>?
}

/// One line of a chip, checked.
struct ChipLine: Sendable {
    var name: String
    /// Its bit.
    var mask: UInt16
    var isActiveLow: Bool
    var debounce: Duration
    /// Nil for an input.
    var output: OutputRules?
    /// What an output begins as; nil for as it is.
    var initial: Bool?
    var isPulledUp: Bool
}

/// Checks the options of a chip with lines. Every problem is reported; the plan is nil if there was one.
struct LineChipPlan<Chip: LineChip> {
    private static var scans: ClosedRange<Duration> { .milliseconds(10) ... .seconds(10) }
    private static var debounces: ClosedRange<Duration> { .zero ... .seconds(10) }

    var source: any OptionsSource

    func plan() -> DevicePlan? {
        guard let options = source.decode(LineChipOptions.self) else { return nil }
        let address = address(options.address)
        let scan = options.scan ?? .milliseconds(50)
        let isFit = Self.scans.contains(scan)
        if !isFit {
            source.report(
                path: ["scan"], "`scan` is \(scan.text), which is out of range",
                mend: "write 10ms to 10s")
        }
        let lines = lines(options.points)
        guard let address, let lines, isFit else { return nil }
        return DevicePlan(channels: lines.map(\.channel)) { handle, _ in
            guard case .i2c(let bus) = handle else { preconditionFailure("checked: an I2C bus") }
            return LineChipDriver<Chip>(bus: bus, address: address, scan: scan, lines: lines)
        }
    }

    private func address(_ given: UInt8?) -> UInt8? {
        I2CAddress(given, of: Chip.addresses).check(source)
    }

    private func lines(_ points: NamedList<LineChipPoint>) -> [ChipLine]? {
        var lines: [ChipLine] = []
        var isSound = !points.entries.isEmpty
        if !isSound {
            source.report(
                path: ["points"], "the device has no points",
                mend: "list at least one, such as `door: {pin: 0}`")
        }
        for (name, point) in points.entries {
            do throws(PointFlaw) {
                let line = try line(name, point)
                if let other = lines.first(where: { $0.mask == line.mask }) {
                    throw PointFlaw(
                        key: "pin", what: "`\(other.name)` has the pin already",
                        mend: "name another pin")
                }
                lines.append(line)
            } catch {
                source.report(path: ["points", name] + error.keys, error.what, mend: error.mend)
                isSound = false
            }
        }
        return isSound ? lines : nil
    }

    private func line(_ name: String, _ point: LineChipPoint) throws(PointFlaw) -> ChipLine {
        let debounce = point.debounce ?? .zero
        guard Self.debounces.contains(debounce) else {
            throw PointFlaw(
                key: "debounce", what: "`debounce` is \(debounce.text), which is out of range",
                mend: "write 0s to 10s")
        }
        let output = try OutputCheck(writable: point.writable).rules()
        let bias = point.bias ?? .asIs
        guard bias == .asIs || bias == .none || (bias == .pullUp && Chip.hasPullUps) else {
            throw PointFlaw(
                key: "bias", what: "the chip has no `\(bias.rawValue)`",
                mend: Chip.hasPullUps ? "it has `pull-up`" : "leave `bias` out")
        }
        if output?.rules.pulse != nil {
            throw PointFlaw(
                keys: ["writable", "pulse"], what: "the chip has no pulses",
                mend: "use a line of the board, or write twice")
        }
        return ChipLine(
            name: name, mask: try mask(point.pin), isActiveLow: point.activeLow ?? false,
            debounce: debounce, output: output?.rules, initial: output?.initial,
            isPulledUp: bias == .pullUp)
    }

    private func mask(_ pin: String) throws(PointFlaw) -> UInt16 {
        if let number = number(of: pin), (0..<Chip.lineCount).contains(number) {
            return 1 << UInt16(number)
        }
        let ports = Chip.ports.map { "\($0)0 to \($0)7" }.joined(separator: ", ")
        throw PointFlaw(
            key: "pin", what: "the chip has no pin `\(pin.prefix(20))`",
            mend: "its pins are 0 to \(Chip.lineCount - 1)" + (ports.isEmpty ? "" : ", or " + ports)
        )
    }

    private func number(of pin: String) -> Int? {
        guard let letter = pin.first, let port = Chip.ports.firstIndex(of: letter) else {
            return Int(pin)
        }
        return Int(pin.dropFirst()).flatMap { (0..<8).contains($0) ? port * 8 + $0 : nil }
    }
}

extension ChipLine {
    fileprivate var channel: Channel {
        Channel(
            name: name, isWritable: output != nil, safeValue: (output?.safe).map { .bool($0) })
    }
}
