import Telemetry

/// Turns one register of a template into a point of a register map.
struct TemplatePoint {
    private let channel: TemplateChannel
    private var layout: TemplateLayout
    private var states: [(raw: Int128, name: String)] = []
    private var scale = 1.0
    private var offset = 0.0
    private var unit: TemplateUnits.Match?
    private let control: String
    /// What could not be taken over, the point being there nonetheless.
    private(set) var remarks: [String] = []

    init(_ channel: TemplateChannel, translate: (String) -> String) throws(ChannelFlaw) {
        self.channel = channel
        control = try channel.text("type") ?? ""
        if control == "wo-switch" { throw ChannelFlaw(reason: "it can only be written") }
        layout = try TemplateLayout(channel)
        try readScaling()
        try readStates(translate)
        if control != "value", isSwitch, scale == 1, offset == 0, states.isEmpty { makeSwitch() }
        try readUnit()
    }

    /// How many registers it takes.
    var registers: Int { layout.registers }

    /// The point's settings as YAML: `{input: 0, type: float32, unit: V}`.
    mutating func settings() throws(ChannelFlaw) -> String {
        var keys = layout.keys
        if !states.isEmpty {
            let names = states.map { "\($0.raw): \(TemplateText.quoted($0.name))" }
            keys.append(("states", "{\(names.joined(separator: ", "))}"))
        }
        let factor = unit?.factor ?? 1
        if isNumber {
            if scale * factor != 1 { keys.append(("scale", (scale * factor).plainText)) }
            if offset != 0 { keys.append(("offset", (offset * factor).plainText)) }
            if let unit { keys.append(("unit", TemplateText.quoted(unit.symbol))) }
        }
        if let sentinels = try sentinels() { keys.append(("not-available", sentinels)) }
        if let writing = try writing(factor) { keys.append(("writable", writing)) }
        if let interval = try interval() { keys.append(("interval", interval)) }
        return "{" + keys.map { "\($0): \($1)" }.joined(separator: ", ") + "}"
    }

    /// Whether its value is a number.
    private var isNumber: Bool {
        !layout.table.isBits && states.isEmpty && layout.type != .string && layout.type != .bool
    }

    // MARK: Reading

    private mutating func readScaling() throws(ChannelFlaw) {
        scale = try channel.number("scale") ?? 1
        offset = try channel.number("offset") ?? 0
        if scale == 0 {
            remarks.append("its `scale` of 0 is dropped")
            scale = 1
        }
    }

    private mutating func readStates(_ translate: (String) -> String) throws(ChannelFlaw) {
        if layout.table.isBits { return try readBitStates(translate) }
        let named = try TemplateStates(
            enumOf: channel, layout, scale: scale, offset: offset, translate: translate)
        states = named.entries
        if let trouble = named.trouble { remarks.append(trouble) }
        let isBinary = isSwitch || channel.settings["on_value"] != nil
        if states.isEmpty, isBinary, control != "range", control != "dimmer" {
            states = try TemplateStates(switchOf: channel, layout).entries
        }
    }

    /// A coil that is on when it is 0 gets names, and so does a bit that is only read; others are
    /// true and false.
    private mutating func readBitStates(_ translate: (String) -> String) throws(ChannelFlaw) {
        let isReadOnly = try channel.isReadOnly()
        if layout.table == .discrete || isReadOnly {
            let named = try TemplateStates(
                enumOf: channel, layout, scale: 1, offset: 0, translate: translate)
            states = named.entries
            if let trouble = named.trouble { remarks.append(trouble) }
            guard states.isEmpty else { return }
        }
        let (on, off) = (try channel.whole("on_value") ?? 1, try channel.whole("off_value") ?? 0)
        if on == 0, off != 0 { states = [(0, "on"), (1, "off")] }
    }

    private var isSwitch: Bool { ["switch", "alarm", "pushbutton"].contains(control) }

    /// A register of a switch is true and false; a single bit is so by itself.
    private mutating func makeSwitch() {
        guard !layout.table.isBits else { return }
        let isRegister = layout.bits == nil && layout.type.bits == 16
        if isRegister || layout.bits?.count == 1 { layout.type = .bool }
    }

    private mutating func readUnit() throws(ChannelFlaw) {
        let given = try channel.text("units").flatMap { $0.isEmpty ? nil : $0 }
        guard isNumber, let name = given ?? TemplateUnits.unit(ofControl: control) else { return }
        unit = TemplateUnits.match(name).flatMap { match in
            (scale * match.factor).isFinite && (offset * match.factor).isFinite ? match : nil
        }
        if unit == nil { remarks.append("its unit `\(name)` is not in the SenML registry") }
    }

    private mutating func sentinels() throws(ChannelFlaw) -> String? {
        guard !layout.table.isBits, layout.type != .string else { return nil }
        var found: [String] = []
        for key in ["error_value", "unsupported_value"] {
            guard let value = try channel.whole(key) else { continue }
            let least = -(Int128(1) << Int128(layout.type.bits - 1))
            guard value >= least, value <= layout.type.mask else {
                remarks.append("its `\(key)` is no value of the register and dropped")
                continue
            }
            let bits = UInt64(truncatingIfNeeded: value) & layout.type.mask
            let text = "0x" + String(bits, radix: 16, uppercase: true)
            if !found.contains(text) { found.append(text) }
        }
        if found.count > 1 { return "[\(found.joined(separator: ", "))]" }
        return found.first
    }

    /// How often it is read, if the template says so.
    private mutating func interval() throws(ChannelFlaw) -> String? {
        for key in ["read_period_ms", "read_rate_limit_ms", "poll_interval"] {
            guard let period = try channel.whole(key), period > 0 else { continue }
            guard (10...86_400_000).contains(period) else {
                remarks.append("its `\(key)` is not 10 ms to a day and dropped")
                return nil
            }
            return Duration.milliseconds(Int64(period)).text
        }
        return nil
    }

    // MARK: Writing

    private mutating func writing(_ factor: Double) throws(ChannelFlaw) -> String? {
        guard layout.table == .holding || layout.table == .coil,
            try !channel.isReadOnly(), control != "alarm"
        else { return nil }
        // Many a template says of no measured value that it is read only.
        if TemplateUnits.unit(ofControl: control) != nil {
            remarks.append("it can only be read, as a \(control); make it `writable` if it is set")
            return nil
        }
        if let obstacle = try obstacle() {
            remarks.append("it can only be read: \(obstacle)")
            return nil
        }
        var options = isNumber ? try limits(factor) : []
        if control == "pushbutton" { options.append("verify: false") }
        switch layout.function {
        case .single? where registers == 1: options.append("function: single")
        case .multiple?: options.append("function: multiple")
        default: break
        }
        return options.isEmpty ? "true" : "{\(options.joined(separator: ", "))}"
    }

    /// What a register map cannot do.
    private func obstacle() throws(ChannelFlaw) -> String? {
        if let written = try channel.place("write_address"),
            written != (try channel.place("address"))
        {
            return "it is written at another address, \(written.address)"
        }
        if layout.table == .coil { return states.isEmpty ? nil : "it is on when it is 0" }
        if layout.bits != nil { return "it is part of a register" }
        return layout.type == .string ? "it is a text" : nil
    }

    private func limits(_ factor: Double) throws(ChannelFlaw) -> [String] {
        let (low, high) = (try channel.number("min"), try channel.number("max"))
        if let low, let high, low > high { return [] }
        return [("min", low), ("max", high)].compactMap { key, limit in
            guard let limit, (limit * factor).isFinite else { return nil }
            return "\(key): \((limit * factor).plainText)"
        }
    }
}

/// Text as YAML has it.
enum TemplateText {
    /// In double quotes, on one line.
    static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": quoted += "\\" + String(scalar)
            case _ where scalar.value < 32 || (127...159).contains(scalar.value),
                "\u{2028}", "\u{2029}", "\u{FEFF}":
                quoted += " "
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
