/// The names of a channel's numbers: of `enum` and `enum_titles`, or of `on_value` and `off_value`.
struct TemplateStates {
    private(set) var entries: [(raw: Int128, name: String)] = []
    /// Why there are none although the template has some.
    private(set) var trouble: String?

    /// What a number of the layout can be; nil if it is none that can have names.
    private static func range(of layout: TemplateLayout) -> ClosedRange<Int128>? {
        let width = Int128(layout.width)
        switch layout.type.kind {
        case .bool: return 0...1
        case .unsigned: return 0...(1 << width) - 1
        case .signed: return -(1 << (width - 1))...(1 << (width - 1)) - 1
        case .decimal: return 0...Int128(PackedDecimal.largest(bits: layout.type.bits))
        case .float, .text: return nil
        }
    }

    /// The names of an enumeration; the template's numbers are those after scaling.
    init(
        enumOf channel: TemplateChannel, _ layout: TemplateLayout, scale: Double, offset: Double,
        translate: (String) -> String
    ) throws(ChannelFlaw) {
        let numbers = channel.settings["enum"]?.elements ?? []
        let titles = channel.settings["enum_titles"]?.elements ?? []
        guard !numbers.isEmpty, !titles.isEmpty else { return }
        guard let range = Self.range(of: layout) else {
            trouble = "its `enum` is dropped: a \(layout.type.rawValue) has no names"
            return
        }
        guard min(numbers.count, titles.count) <= StateNames.most else {
            trouble = "its `enum` is dropped: more than \(StateNames.most) names"
            return
        }
        for (number, title) in zip(numbers, titles) {
            let raw = number.number.flatMap { Int128(exactly: (($0 - offset) / scale).rounded()) }
            guard let raw, range.contains(raw), let text = title.text else {
                trouble = "its `enum` is dropped: its numbers do not fit the register"
                entries = []
                return
            }
            add(raw, translate(text))
        }
    }

    /// The names `off` and `on` of a switch whose numbers are not 0 and 1.
    init(switchOf channel: TemplateChannel, _ layout: TemplateLayout) throws(ChannelFlaw) {
        let (on, given) = (try channel.whole("on_value") ?? 1, try channel.whole("off_value"))
        let off = given ?? 0
        guard (on, off) != (1, 0), let range = Self.range(of: layout) else { return }
        // A button has no other number than the one it writes.
        if given == nil, on == 0 {
            add(on, "on")
            return
        }
        guard range.contains(on), range.contains(off), on != off else {
            throw ChannelFlaw(reason: "its values for on and off do not fit the register")
        }
        add(off, "off")
        add(on, "on")
    }

    /// A name that is there already gets the number behind it, so that it can be written.
    private mutating func add(_ raw: Int128, _ name: String) {
        guard !entries.contains(where: { $0.raw == raw }) else { return }
        var short = String(decoding: name.utf8.prefix(StateNames.longestName - 21), as: UTF8.self)
        while short.unicodeScalars.last == "\u{FFFD}" { short.unicodeScalars.removeLast() }
        if short.isEmpty || entries.contains(where: { $0.name == short }) { short += " \(raw)" }
        entries.append((raw, short))
    }
}
