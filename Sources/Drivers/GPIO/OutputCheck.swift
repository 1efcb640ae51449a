import Telemetry

/// Checks what the configuration says about writing a line.
struct OutputCheck {
    private static let pulses = Duration.milliseconds(1) ... .seconds(3600)

    var writable: ScalarOrFields<Bool, OutputOptions>?

    /// Whether the line is an output.
    var isOutput: Bool {
        switch writable {
        case nil, .scalar(false): false
        case .scalar(true), .fields: true
        }
    }

    /// The rules, and what it begins as; nil for an input.
    func rules() throws(PointFlaw) -> (rules: OutputRules, initial: Bool?)? {
        guard isOutput else { return nil }
        var options = OutputOptions()
        if case .fields(let fields) = writable { options = fields }
        if let pulse = options.pulse, !Self.pulses.contains(pulse) {
            throw PointFlaw(
                keys: ["writable", "pulse"],
                what: "`pulse` is \(pulse.text), which is out of range", mend: "write 1ms to 1h")
        }
        let rules = OutputRules(safe: try level(options.safe, "safe"), pulse: options.pulse)
        return (rules, try level(options.initial, "initial"))
    }

    private func level(_ text: String?, _ key: String) throws(PointFlaw) -> Bool? {
        guard let text else { return nil }
        if let level = Value.string(text).asSwitch { return level }
        throw PointFlaw(
            keys: ["writable", key], what: "an output is on or off, not `\(text.prefix(40))`",
            mend: "write `\(key): off` or `\(key): on`")
    }
}
