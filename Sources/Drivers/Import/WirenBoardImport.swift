import Telemetry

/// A device profile made of a template of wb-mqtt-serial, Wiren Board's gateway.
///
/// The template format is described by wb-mqtt-serial's README and its JSON schemas
/// (wb-mqtt-serial-device-template.schema.json). Keys that are not known are passed over, as the
/// format grows; `round_to` is dropped, as values keep the resolution that the device gives.
public struct WirenBoardImport: Sendable {
    /// The profile's name, for a file and for `profile:`.
    public let name: String
    /// The profile as YAML.
    public let text: String
    /// How many points it has.
    public let pointCount: Int
    /// What could not be taken over.
    public let notes: [ImportNote]
    /// The device's options and its points, one line each, to be put under a device.
    public let lines: [String]

    /// Imports a template.
    /// - Parameters:
    ///   - bytes: the file, at most `TemplateLimits.fileBytes`.
    ///   - file: its name without the folder.
    ///   - takesAll: whether channels are taken that the template switches off.
    public init(_ bytes: [UInt8], file: String, takesAll: Bool = false) throws(TemplateFlaw) {
        if file.hasSuffix(".jinja") || file.hasSuffix(".j2") { throw Self.unrendered }
        let template = try TemplateParser.parse(bytes)
        guard case .object(let members)? = template["device"], !members.isEmpty else {
            throw TemplateFlaw(
                place: nil, what: "there is no `device` in it",
                mend: "name a device template of wb-mqtt-serial")
        }
        let device = template["device"] ?? .null
        try Self.checkProtocol(device["protocol"] ?? template["protocol"])
        var profile = ProfileWriter(template: template, device: device, takesAll: takesAll)
        try profile.writePoints()
        name = Self.name(file: file, template: template)
        (notes, pointCount, lines) = (profile.notes, profile.points.count, profile.lines)
        let head = [
            "profile: \(name)", "title: \(TemplateText.quoted(profile.title))",
            profile.maker.map { "maker: \(TemplateText.quoted($0))" },
            "source: \(TemplateText.quoted("wb-mqtt-serial template \(file)"))",
        ]
        text = (head.compactMap { $0 } + lines).joined(separator: "\n") + "\n"
    }

    private static var unrendered: TemplateFlaw {
        TemplateFlaw(
            place: nil, what: "a Jinja template is no JSON yet",
            mend: "render it first, or take the .json file of the wb-mqtt-serial package")
    }

    private static func checkProtocol(_ value: TemplateValue?) throws(TemplateFlaw) {
        guard let name = value?.text, name != "modbus", name != "modbus-tcp" else { return }
        throw TemplateFlaw(
            place: nil, what: "its protocol is `\(name.prefix(80))`",
            mend: "only devices of the protocol `modbus` become profiles")
    }

    /// Of the file's name, which is unique among the public templates.
    private static func name(file: String, template: TemplateValue) -> String {
        var stem = file.hasSuffix(".json") ? file.dropLast(5) : file[...]
        if stem.hasPrefix("config-") { stem = stem.dropFirst(7) }
        return TemplateNames.kebab(String(stem))
            ?? template["device_type"]?.text.flatMap(TemplateNames.kebab) ?? "device"
    }
}

/// Writes the options and the points of a profile.
private struct ProfileWriter {
    let template: TemplateValue
    let device: TemplateValue
    let channels: TemplateDevice
    var notes: [ImportNote] = []
    var points: [String] = []
    private var longest = 1

    init(template: TemplateValue, device: TemplateValue, takesAll: Bool) {
        (self.template, self.device) = (template, device)
        channels = TemplateDevice(device, takesAll: takesAll)
        noteDevice()
        notes += channels.notes
    }

    var title: String {
        let words = [template["title"], device["name"], template["device_type"]]
        let texts = words.compactMap { $0?.text }.map(channels.translate)
        let isKey = ["template_title", "template-title"].contains {
            texts.first?.hasSuffix($0) == true
        }
        return texts.dropFirst(isKey ? 1 : 0).first ?? "device"
    }

    /// Only Wiren Board's own devices say whose they are.
    var maker: String? { template["group"]?.text == "g-wb" ? "Wiren Board" : nil }

    var lines: [String] { options + ["points:"] + points.map { "  " + $0 } }

    private mutating func note(_ reason: String) {
        notes.append(ImportNote(channel: nil, reason: reason, isLeftOut: false))
    }

    private mutating func noteDevice() {
        if template["deprecated"]?.flag == true { note("the template is deprecated") }
        let parameters = TemplateParameters(device).count
        if parameters > 0 {
            note("not taken over: parameters, which are settings (\(parameters))")
        }
        let setup = device["setup"]?.elements.count ?? 0
        if setup > 0 {
            note("not taken over: registers that are written on connection (\(setup))")
        }
        if (device["min_read_registers"]?.number ?? 1) > 1 {
            note("not taken over: `min_read_registers`")
        }
        if channels.isCut {
            note("only the first \(TemplateLimits.channels) channels are looked at")
        }
    }

    mutating func writePoints() throws(TemplateFlaw) {
        var names = TemplateNames()
        for channel in channels.channels {
            do throws(ChannelFlaw) {
                var point = try TemplatePoint(channel, translate: channels.translate)
                let settings = try point.settings()
                let name = names.unique(channel.name, group: channel.group)
                points.append("\(name): \(settings)")
                longest = max(longest, point.registers)
                notes += point.remarks.map {
                    ImportNote(channel: channel.name, reason: $0, isLeftOut: false)
                }
            } catch {
                notes.append(
                    ImportNote(channel: channel.name, reason: error.reason, isLeftOut: true))
            }
        }
        guard points.isEmpty else { return }
        let reasons = notes.filter(\.isLeftOut).prefix(3).map { "\($0)" }
        throw TemplateFlaw(
            place: nil,
            what: "no channel of it can be taken over"
                + (reasons.isEmpty ? "" : " (\(reasons.joined(separator: "; ")))"),
            mend: "write the points by hand, or try `--all`")
    }

    /// The device's options, as far as the template's correspond.
    private var options: [String] {
        var options: [String] = []
        if let most = whole("max_read_registers", 1...125) {
            options.append("max-registers: \(max(most, longest))")
        }
        if let gap = whole("max_reg_hole", 0...124) { options.append("max-gap: \(gap)") }
        // Wiren Board waits 500 ms at least, whatever a template says.
        if let timeout = whole("response_timeout_ms", 501...60_000) {
            options.append("response-timeout: \(Duration.milliseconds(timeout).text)")
        }
        if let pause = whole("guard_interval_us", 1...5_000_000) {
            options.append("pause: \(Duration.microseconds(pause).text)")
        }
        return options
    }

    /// A whole number of the device, brought into the range; nil if it is missing or below.
    private func whole(_ key: String, _ range: ClosedRange<Int>) -> Int? {
        guard let value = device[key]?.whole, value >= range.lowerBound else { return nil }
        return value > range.upperBound ? range.upperBound : Int(value)
    }
}
