/// One register of a template's channel, with what it inherits.
struct TemplateChannel {
    /// The name in words, that of the subdevice first.
    var name: String
    /// The title of the channel's group, for names that are there twice.
    var group: String?
    var settings: TemplateValue
    /// The order of words and bytes that the device says, for a channel that says none.
    var orders: TemplateValue
    /// What is added to the address.
    var base: Int

    /// The value of a key; nil if it is missing or null.
    private func value(_ key: String) -> TemplateValue? {
        if case .null? = settings[key] { return nil }
        return settings[key]
    }

    func number(_ key: String) throws(ChannelFlaw) -> Double? {
        guard let value = value(key) else { return nil }
        guard let number = value.number else { throw wrong(key, value, "a number") }
        return number
    }

    func whole(_ key: String) throws(ChannelFlaw) -> Int128? {
        guard let value = value(key) else { return nil }
        guard let whole = value.whole else { throw wrong(key, value, "a whole number") }
        return whole
    }

    func flag(_ key: String) throws(ChannelFlaw) -> Bool {
        guard let value = value(key) else { return false }
        guard let flag = value.flag else { throw wrong(key, value, "true or false") }
        return flag
    }

    /// Whether it says that it is not to be written; some templates spell the key otherwise.
    func isReadOnly() throws(ChannelFlaw) -> Bool {
        let isReadOnly = try flag("readonly")
        let isSpeltOtherwise = try flag("read_only")
        return isReadOnly || isSpeltOtherwise
    }

    func text(_ key: String) throws(ChannelFlaw) -> String? {
        guard let value = value(key) else { return nil }
        guard let text = value.text else { throw wrong(key, value, "a text") }
        return text
    }

    /// Whether a key of the channel, or else of its device, says `little_endian`.
    func isLittleEndian(_ key: String) throws(ChannelFlaw) -> Bool {
        guard let value = value(key) ?? orders[key] else { return false }
        switch value.text {
        case "little_endian": return true
        case "big_endian": return false
        default: throw ChannelFlaw(reason: "its `\(key)` is neither big_endian nor little_endian")
        }
    }

    /// Where it is: `16`, `"0x10"`, or `"0x10:4:2"` for two bits above the fourth.
    func place(_ key: String) throws(ChannelFlaw) -> TemplateAddress? {
        guard let value = value(key) else { return nil }
        if case .number = value {
            return try TemplateAddress(parts: [try whole(key)], base: base)
        }
        let parts = (try text(key) ?? "").split(separator: ":", omittingEmptySubsequences: false)
        return try TemplateAddress(
            parts: parts.map { TemplateValue.string(String($0)).whole }, base: base)
    }

    private func wrong(_ key: String, _ value: TemplateValue, _ wanted: String) -> ChannelFlaw {
        ChannelFlaw(reason: "its `\(key)` is \(value.kind), not \(wanted)")
    }
}

/// A register's address, and which of its bits are meant.
struct TemplateAddress: Equatable {
    var address: Int
    /// The lowest bit, 0 to 63.
    var shift = 0
    /// How many bits, 1 to 64; nil for as many as the format has.
    var width: Int?

    init(parts: [Int128?], base: Int) throws(ChannelFlaw) {
        let parts = parts.compactMap { $0 }.count == parts.count ? parts.compactMap { $0 } : []
        guard (1...3).contains(parts.count), (0...65535).contains(parts[0]),
            (0...65535).contains(Int(parts[0]) + base)
        else { throw ChannelFlaw(reason: "its address is none of a Modbus register") }
        address = Int(parts[0]) + base
        if parts.count > 1 {
            guard (0...63).contains(parts[1]) else { throw Self.bits }
            shift = Int(parts[1])
        }
        if parts.count > 2, parts[2] != 0 {
            guard (1...64).contains(parts[2]) else { throw Self.bits }
            width = Int(parts[2])
        }
    }

    private static var bits: ChannelFlaw {
        ChannelFlaw(reason: "its address names bits beyond the 64th")
    }
}
