/// The channels of a template's device, subdevices opened up.
struct TemplateDevice {
    /// How deep subdevices may lie in each other.
    private static let depth = 4

    /// Also channels that the template switches off.
    let takesAll: Bool
    private let translations: [String: String]
    private var subdevices: [String: TemplateValue] = [:]
    private(set) var channels: [TemplateChannel] = []
    private(set) var notes: [ImportNote] = []
    private var looked = 0

    init(_ device: TemplateValue, takesAll: Bool) {
        self.takesAll = takesAll
        let english = device["translations"]?["en"]?.members ?? []
        translations = Dictionary(
            english.compactMap { key, value in value.text.map { (key, $0) } },
            uniquingKeysWith: { first, _ in first })
        collect(device, prefix: "", base: 0, orders: .null, depth: 0)
    }

    /// English for a text that stands for one.
    func translate(_ text: String) -> String { translations[text] ?? text }

    private mutating func collect(
        _ device: TemplateValue, prefix: String, base: Int, orders: TemplateValue, depth: Int
    ) {
        let own = device.members.filter { $0.key == "word_order" || $0.key == "byte_order" }
        let orders = own.isEmpty ? orders : .object(own)
        for subdevice in device["subdevices"]?.elements ?? [] {
            guard let type = subdevice["device_type"]?.text else { continue }
            subdevices[type] = subdevices[type] ?? subdevice["device"]
        }
        let parameters = TemplateParameters(device).defaults
        let groups = Dictionary(
            (device["groups"]?.elements ?? []).compactMap { group in
                group["id"]?.text.map { ($0, translate(group["title"]?.text ?? $0)) }
            }, uniquingKeysWith: { first, _ in first })
        for (index, settings) in (device["channels"]?.elements ?? []).enumerated() {
            looked += 1
            guard looked <= TemplateLimits.channels else { return }
            let given = settings["name"]?.text ?? settings["id"]?.text ?? "channel \(index + 1)"
            let words = String(given.prefix(TemplateLimits.nameCharacters))
            // Names in English are kept: they are the control's topic, too.
            let name = prefix + (words.utf8.allSatisfy { $0 < 128 } ? words : translate(words))
            let channel = TemplateChannel(
                name: name, group: settings["group"]?.text.flatMap { groups[$0] },
                settings: settings, orders: orders, base: base)
            do throws(ChannelFlaw) {
                try check(channel, parameters)
                try add(channel, depth: depth)
            } catch {
                notes.append(ImportNote(channel: name, reason: error.reason, isLeftOut: true))
            }
        }
    }

    private func check(
        _ channel: TemplateChannel, _ parameters: [String: Double]
    ) throws(ChannelFlaw) {
        guard case .object = channel.settings else {
            throw ChannelFlaw(reason: "it is \(channel.settings.kind), not an object")
        }
        try checkKeys(channel.settings)
        if !takesAll, channel.settings["enabled"] != nil, try !channel.flag("enabled") {
            throw ChannelFlaw(reason: "the template switches it off (`--all` takes it)")
        }
        guard let condition = try channel.text("condition"), !condition.isEmpty else { return }
        do throws(TemplateCondition.Trouble) {
            if try TemplateCondition.holds(condition, parameters) { return }
        } catch {
            switch error {
            case .malformed:
                throw ChannelFlaw(reason: "its condition `\(condition)` is not understood")
            case .undefined(let name):
                throw ChannelFlaw(
                    reason: "its condition `\(condition)` asks for `\(name)`, which has no default")
            }
        }
        throw ChannelFlaw(
            reason: "its condition `\(condition)` does not hold with the default parameters")
    }

    /// Copies of a channel, one for each part, stay small.
    private func checkKeys(_ settings: TemplateValue) throws(ChannelFlaw) {
        guard settings.members.count <= TemplateLimits.channelKeys else {
            throw ChannelFlaw(reason: "it has more than \(TemplateLimits.channelKeys) keys")
        }
    }

    private mutating func add(_ channel: TemplateChannel, depth: Int) throws(ChannelFlaw) {
        if channel.settings["device_type"] != nil || channel.settings["oneOf"] != nil {
            return try open(channel, depth: depth)
        }
        guard let parts = channel.settings["consists_of"]?.elements else {
            channels.append(channel)
            return
        }
        for (index, part) in parts.enumerated() {
            looked += 1
            guard looked <= TemplateLimits.channels else { return }
            try checkKeys(part)
            var piece = channel
            piece.name += " \(index + 1)"
            // The last of equal keys counts: the part's.
            piece.settings = .object(channel.settings.members + part.members)
            channels.append(piece)
        }
    }

    /// Takes the channels of a subdevice in the place of the channel that names it.
    private mutating func open(_ channel: TemplateChannel, depth: Int) throws(ChannelFlaw) {
        let settings = channel.settings
        let type =
            settings["device_type"]?.text ?? settings["default"]?.text
            ?? settings["oneOf"]?.elements.first?.text
        guard let type, let device = subdevices[type] else {
            throw ChannelFlaw(
                reason: "the template does not have its subdevice `\(type ?? "?")`")
        }
        guard depth < Self.depth else {
            throw ChannelFlaw(reason: "more than \(Self.depth) subdevices lie in each other")
        }
        guard try channel.whole("stride") ?? 0 == 0 else {
            throw ChannelFlaw(reason: "a subdevice with a `stride` is not taken over")
        }
        let shift = try channel.whole("shift") ?? 0
        guard (-65535...65535).contains(shift) else {
            throw ChannelFlaw(reason: "its `shift` leads beyond the registers")
        }
        let isNameless = settings["id"]?.text == ""
        collect(
            device, prefix: isNameless ? "" : channel.name + " ",
            base: channel.base + Int(shift), orders: channel.orders, depth: depth + 1)
    }

    /// Whether there are more channels than are looked at.
    var isCut: Bool { looked > TemplateLimits.channels }
}

/// The parameters of a device: settings that a technician chooses.
struct TemplateParameters {
    /// The default values; without those that have none.
    private(set) var defaults: [String: Double] = [:]
    private(set) var count = 0

    /// They are an object by id, or a list with an `id` in each.
    init(_ device: TemplateValue) {
        guard let parameters = device["parameters"] else { return }
        let named = parameters.members.map { ($0.key, $0.value) }
        let listed = parameters.elements.compactMap { parameter in
            parameter["id"]?.text.map { ($0, parameter) }
        }
        for (id, parameter) in named + listed {
            count += 1
            if defaults[id] == nil { defaults[id] = parameter["default"]?.number }
        }
    }
}
