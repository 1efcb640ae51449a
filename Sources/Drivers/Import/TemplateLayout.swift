/// How a channel's registers are to be read: table, address, type, order, length, bits.
struct TemplateLayout {
    private(set) var table = RegisterTable.holding
    private(set) var address = 0
    /// The type; bool for a coil or discrete input.
    var type = RegisterType.bool
    /// The lowest and the highest bit, if not all are meant.
    private(set) var bits: ClosedRange<Int>?
    /// A string's length in registers.
    private var length = 0
    private var characters: CharacterLayout?
    /// The function that writes, if the template names one.
    private(set) var function: WriteFunction?
    private var hasLowWordFirst = false
    private var hasLowByteFirst = false

    init(_ channel: TemplateChannel) throws(ChannelFlaw) {
        try readTable(channel)
        guard let place = try channel.place("address") else {
            let isWritten = try channel.place("write_address") != nil
            throw ChannelFlaw(
                reason: isWritten ? "it can only be written" : "it has no address")
        }
        address = place.address
        guard !table.isBits else {
            if place.shift > 0 { throw ChannelFlaw(reason: "a \(table) has no bits") }
            return
        }
        hasLowWordFirst = try channel.isLittleEndian("word_order")
        hasLowByteFirst = try channel.isLittleEndian("byte_order")
        try readFormat(channel)
        try select(place)
        guard address + registers <= 65536 else {
            throw ChannelFlaw(reason: "it goes beyond register 65535")
        }
    }

    /// How many registers it takes.
    var registers: Int {
        if table.isBits { return 1 }
        return type == .string ? length : type.registers
    }

    /// How many bits its number has.
    var width: Int { bits?.count ?? type.bits }

    /// The keys of the point, in the order in which people write them.
    var keys: [(String, String)] {
        var keys = [("\(table)", "\(address)")]
        if table.isBits { return keys }
        let isPlainBit = type == .bool && bits != nil
        if type != .uint16 && !isPlainBit || type == .uint16 && bits?.count == 1 {
            keys.append(("type", type.rawValue))
        }
        if let order { keys.append(("order", order.rawValue)) }
        if type == .string { keys.append(("length", "\(length)")) }
        if let characters { keys.append(("characters", characters.rawValue)) }
        if let bits {
            keys.append(
                bits.count == 1
                    ? ("bit", "\(bits.lowerBound)")
                    : ("bits", "[\(bits.lowerBound), \(bits.upperBound)]"))
        }
        return keys
    }

    /// In one register there is no order of words: what a template says of it is dropped.
    private var order: WordOrder? {
        if characters != nil { return nil }
        let swapsWords = hasLowWordFirst && type != .string && registers > 1
        switch (swapsWords, hasLowByteFirst) {
        case (false, false): return nil
        case (true, false): return .cdab
        case (false, true): return .badc
        case (true, true): return .dcba
        }
    }

    private mutating func readTable(_ channel: TemplateChannel) throws(ChannelFlaw) {
        let name = try channel.text("reg_type") ?? "holding"
        switch name {
        case "holding": table = .holding
        case "holding_single": (table, function) = (.holding, .single)
        case "holding_multi": (table, function) = (.holding, .multiple)
        case "input", "press_counter": table = .input
        case "coil": table = .coil
        case "discrete": table = .discrete
        default: throw ChannelFlaw(reason: "the register type `\(name)` is not Modbus's")
        }
    }

    private mutating func readFormat(_ channel: TemplateChannel) throws(ChannelFlaw) {
        let name = try channel.text("format")?.lowercased() ?? "u16"
        if let number = Self.numbers[name] {
            type = number
            return
        }
        guard ["string", "string8", "char8"].contains(name) else {
            throw ChannelFlaw(reason: "the format `\(name)` is not known")
        }
        type = .string
        let size = name == "char8" ? 1 : try channel.whole("string_data_size") ?? 1
        let isDense = name == "string8"
        guard (1...(isDense ? 250 : 125)).contains(size) else {
            throw ChannelFlaw(reason: "a text of \(size) characters does not fit one answer")
        }
        length = isDense ? (Int(size) + 1) / 2 : Int(size)
        if !isDense { characters = hasLowByteFirst ? .high : .low }
    }

    private static let numbers: [String: RegisterType] = [
        "s8": .int8, "u8": .uint8, "s16": .int16, "u16": .uint16, "s24": .int24, "u24": .uint24,
        "s32": .int32, "u32": .uint32, "s64": .int64, "u64": .uint64, "float": .float32,
        "double": .float64, "bcd8": .bcd8, "bcd16": .bcd16, "bcd24": .bcd24, "bcd32": .bcd32,
    ]

    /// Takes only the bits that the address names.
    private mutating func select(_ place: TemplateAddress) throws(ChannelFlaw) {
        guard place.shift > 0 || place.width != nil else { return }
        if type == .string { throw ChannelFlaw(reason: "a text has no bits") }
        let width = min(place.width ?? type.bits, type.bits)
        if place.shift == 0, width == type.bits { return }
        if type.kind == .unsigned { return try selectUnsigned(from: place.shift, width: width) }
        switch (type.kind, place.shift, width) {
        case (.signed, 0, 8): type = .int8
        case (.signed, 8, 8):
            type = .int8
            hasLowByteFirst.toggle()
        case (.decimal, 8, 8) where type == .bcd8: hasLowByteFirst.toggle()
        case (.signed, 0, 16): type = .int16
        default:
            throw ChannelFlaw(reason: "only unsigned numbers are taken from single bits")
        }
    }

    private mutating func selectUnsigned(from shift: Int, width: Int) throws(ChannelFlaw) {
        let wide: [RegisterType] = [.uint16, .uint32, .uint64]
        guard let type = wide.first(where: { $0.bits >= shift + width }) else {
            throw ChannelFlaw(reason: "its address names bits beyond the 64th")
        }
        self.type = type
        if shift > 0 || width < type.bits { bits = shift...shift + width - 1 }
    }
}
