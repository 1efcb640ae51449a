import Buses
import Telemetry

extension DriverKind {
    /// The machine's own GPIO lines.
    public static let gpio = DriverKind(
        name: "gpio", summary: "the machine's GPIO lines: contacts, pulse counters, relays",
        bus: .gpio, usualInterval: .seconds(60),
        plan: { source in
            guard let options = source.decode(GPIOOptions.self) else { return nil }
            return GPIOPlan(options: options, source: source).plan()
        })
}

/// Checks the options of a `gpio` device and turns them into channels and a driver. Every problem is
/// reported; the plan is nil if there was one.
private struct GPIOPlan {
    var options: GPIOOptions
    var source: any OptionsSource

    func plan() -> DevicePlan? {
        var roles: [(name: String, role: GPIORole)] = []
        var isSound = !options.points.entries.isEmpty
        if !isSound {
            source.report(
                path: ["points"], "the device has no points",
                mend: "list at least one, such as `door: {line: door}`")
        }
        for (name, point) in options.points.entries {
            let place: GPIOLine.Address? =
                if case .name(let line) = point.line.address { source.line(named: line) } else {
                    nil
                }
            do throws(PointFlaw) {
                let address = place ?? point.line.address
                roles.append((name, try GPIOPointCheck(point: point, address: address).role()))
            } catch {
                source.report(path: ["points", name] + error.keys, error.what, mend: error.mend)
                isSound = false
            }
        }
        guard let layout = layout(roles), isSound else { return nil }
        let channels = roles.map { channel($0.name, $0.role) }
        var plan = DevicePlan(channels: channels) { handle, memory in
            guard case .gpio(let bank) = handle else { preconditionFailure("checked: GPIO") }
            return GPIODriver(bank: bank, layout: layout, memory: memory)
        }
        plan.lines = roles.map(\.role.address)
        return plan
    }

    /// The lines with what is read of each. Points on one line want it the same way.
    private func layout(_ roles: [(name: String, role: GPIORole)]) -> GPIOLayout? {
        var layout = GPIOLayout()
        var isSound = true
        for (channel, (name, role)) in roles.enumerated() {
            if let other = layout.add(channel, name, role) {
                source.report(
                    path: ["points", name, "line"],
                    "the line is used by `\(roles[other].name)` in another way",
                    mend:
                        "give both the same `active-low`, `bias` and `debounce`; an output is one point"
                )
                isSound = false
            }
        }
        return isSound ? layout : nil
    }

    private func channel(_ name: String, _ role: GPIORole) -> Channel {
        switch role {
        case .state: Channel(name: name)
        case .count(_, let scale): Channel(name: name, unit: scale.unit)
        case .rate(_, let scale): Channel(name: name, unit: scale.unit)
        case .output(_, let rules):
            Channel(
                name: name, isWritable: true,
                safeValue: (rules.safe ?? (rules.pulse == nil ? nil : false)).map { .bool($0) })
        }
    }
}

/// What a point is of its line.
enum GPIORole: Sendable {
    /// Whether it is active; changes are readings at once.
    case state(GPIOWish, changes: Double)
    /// How often it became active.
    case count(GPIOWish, PulseValue)
    /// How fast it does.
    case rate(GPIOWish, PulseValue)
    /// It is driven.
    case output(GPIOLine, OutputRules)
}

extension GPIORole {
    fileprivate var address: GPIOLine.Address {
        switch self {
        case .state(let wish, _), .count(let wish, _), .rate(let wish, _): wish.address
        case .output(let line, _): line.address
        }
    }
}

/// An input as a point wants it.
struct GPIOWish: Hashable, Sendable {
    var address: GPIOLine.Address
    var isActiveLow: Bool
    var bias: GPIOLine.Bias
    var debounce: Duration
}

/// What pulses are worth.
struct PulseValue: Sendable {
    /// Pulses for one of the unit; nil for the bare count.
    var perUnit: Double?
    /// Seconds that a rate is for.
    var seconds = 1.0
    var unit = Unit.none
}

/// How an output may be written, checked.
struct OutputRules: Sendable {
    var safe: Bool?
    var pulse: Duration?
}

/// The lines of a device, and which channels each has.
struct GPIOLayout: Sendable {
    struct Input: Sendable {
        var wish: GPIOWish
        var states: [Int] = []
        /// Changes a second that the states may have: the most that one of them allows.
        var changes = 0.0
        var counts: [(channel: Int, name: String, value: PulseValue)] = []
        var rates: [(channel: Int, value: PulseValue)] = []

        var channels: [Int] { states + counts.map(\.channel) + rates.map(\.channel) }
    }

    struct Output: Sendable {
        var channel: Int
        var name: String
        var line: GPIOLine
        var rules: OutputRules
    }

    private(set) var inputs: [Input] = []
    private(set) var outputs: [Output] = []

    /// Adds a channel. Answers another one of the same line that wants it otherwise.
    mutating func add(_ channel: Int, _ name: String, _ role: GPIORole) -> Int? {
        switch role {
        case .output(let line, let rules):
            if let other = user(of: line.address) { return other }
            outputs.append(Output(channel: channel, name: name, line: line, rules: rules))
        case .state(let wish, _), .count(let wish, _), .rate(let wish, _):
            let index = inputs.firstIndex { $0.wish == wish }
            if index == nil, let other = user(of: wish.address) { return other }
            if index == nil { inputs.append(Input(wish: wish)) }
            inputs[index ?? inputs.count - 1].add(channel, name, role)
        }
        return nil
    }

    private func user(of address: GPIOLine.Address) -> Int? {
        outputs.first { $0.line.address == address }?.channel
            ?? inputs.first { $0.wish.address == address }?.channels.first
    }
}

extension GPIOLayout.Input {
    fileprivate mutating func add(_ channel: Int, _ name: String, _ role: GPIORole) {
        switch role {
        case .state(_, let rate):
            states.append(channel)
            changes = max(changes, rate)
        case .count(_, let value): counts.append((channel, name, value))
        case .rate(_, let value): rates.append((channel, value))
        case .output: break
        }
    }
}
