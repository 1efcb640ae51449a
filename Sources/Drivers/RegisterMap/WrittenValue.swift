import Telemetry

extension RegisterMapDriver.Register {
    /// The value as the point has it: a text becomes the number or switch that it stands for, and
    /// a number is within the limits.
    ///
    /// - Throws: `DriverError.unfitValue`.
    func accept(
        _ value: Value, within range: ClosedRange<Double>
    ) throws(DriverError) -> Value {
        if let states = codec.states { return try asState(value, states) }
        let value = try isSwitch ? asSwitch(value) : asNumber(value)
        guard let number = value.asDouble, !range.contains(number) else { return value }
        throw .unfitValue("\(name) is \(range.words), not \(value.text)")
    }

    private var isSwitch: Bool { codec.type == .bool }

    private func asSwitch(_ value: Value) throws(DriverError) -> Value {
        if let isOn = value.asSwitch { return .bool(isOn) }
        throw .unfitValue("\(name) is a switch: true or false, not \(value.text)")
    }

    private func asState(_ value: Value, _ states: StateNames) throws(DriverError) -> Value {
        if case .string(let text) = value, states.raw(of: text) != nil { return value }
        throw .unfitValue("\(name) is one of \(states.listed), not \(value.text)")
    }

    private func asNumber(_ value: Value) throws(DriverError) -> Value {
        guard case .string(let text) = value else { return value }
        if let whole = Int64(text) { return .int64(whole) }
        if let number = Double(text), number.isFinite { return .double(number) }
        throw .unfitValue("\(name) is a number, not \(value.text)")
    }
}

extension Value {
    /// The value in a message; a text is cut to 40 characters.
    var text: String {
        switch self {
        case .bool(let value): "\(value)"
        case .int64(let value): "\(value)"
        case .uint64(let value): "\(value)"
        case .double(let value): "\(value)"
        case .string(let value): "`\(value.prefix(40))`"
        }
    }
}

extension ClosedRange<Double> {
    /// The range in a message; an end without limit is left out.
    var words: String {
        if lowerBound == -.infinity { return "at most \(upperBound.short)" }
        if upperBound == .infinity { return "at least \(lowerBound.short)" }
        return "\(lowerBound.short) to \(upperBound.short)"
    }
}

extension Double {
    /// `100`, not `100.0`.
    fileprivate var short: String {
        Int64(exactly: self).map { "\($0)" } ?? "\(self)"
    }
}
