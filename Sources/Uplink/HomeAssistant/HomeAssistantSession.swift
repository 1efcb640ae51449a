import Telemetry

/// Home Assistant's MQTT discovery by devices (home-assistant.io, "MQTT", "Device discovery
/// payload"; version 2024.11 or later):
///
/// | topic | who | what |
/// |---|---|---|
/// | `{prefix}/device/{id}/config` | gateway, retained | a device and its points as components |
/// | `armadio/{gateway}/homeassistant` | gateway, retained | `online` or `offline` |
/// | `armadio/{gateway}/homeassistant/{device}` | gateway, retained | the points' values, null where the last reading is not good |
/// | `armadio/{gateway}/homeassistant/{device}/{point}/set` | Home Assistant | a value, or ON and OFF |
/// | `{prefix}/status` | Home Assistant | `online`: it wants all of it again |
///
/// The gateway's own status is not used: another uplink to the same broker may publish it, and
/// neither may say of the other that it is gone. States are retained, so that a restarted Home
/// Assistant does not wait for the next change.
///
/// A device with more than 60 points has further parts, `{device}/2` and on. A point is a
/// component as soon as its unit or its first value tells what it is: `sensor`, `binary_sensor`,
/// and where it may be set `number`, `switch` or `text`. Only the newest value of each point
/// is of use here: the backlog is settled without a message.
public struct HomeAssistantSession: UplinkSession {
    /// The longest command taken, in bytes.
    static let commandByteLimit = 1024

    private let options: HomeAssistantOptions
    private let gateway: String
    private let version: String
    private let topic: String
    private var devices: [HomeAssistantDevice] = []
    /// Where a point is: which of `devices`, and which of its members.
    private var places: [PointID: (device: Int, member: Int)] = [:]
    private var paths: [String: PointID] = [:]

    /// A session for a gateway.
    ///
    /// - Parameters:
    ///   - options: The discovery prefix.
    ///   - gateway: The gateway's name.
    ///   - points: The table that the batches' point ids belong to; what is in no roster is not
    ///     told.
    ///   - version: The gateway's version, told with each device.
    public init(
        options: HomeAssistantOptions = HomeAssistantOptions(), gateway: String,
        points: PointTable, version: String
    ) {
        self.options = options
        self.gateway = gateway
        self.version = version
        topic = "armadio/\(gateway)/homeassistant"
    }

    // MARK: Presence

    public mutating func births(_ presence: Presence) -> [OutboundMessage] {
        enroll(presence)
        var messages = [gatewayConfig(), availability("online")]
        for index in devices.indices {
            if let config = config(index) { messages.append(config) }
            messages.append(state(index, limit: EncodingContext.defaultByteLimit))
        }
        return messages
    }

    public func will(connect: UInt64) -> OutboundMessage? { availability("offline") }

    private func availability(_ word: String) -> OutboundMessage {
        OutboundMessage(topic: topic, payload: Array(word.utf8), retain: true)
    }

    /// Takes the roster over; what is known of a point's values stays.
    private mutating func enroll(_ presence: Presence) {
        var known: [PointID: HomeAssistantDevice.Member] = [:]
        for device in devices {
            for member in device.members { known[member.roster.id] = member }
        }
        (devices, places, paths) = ([], [:], [:])
        var open: [String: Int] = [:]
        for roster in presence.roster {
            let name = roster.point.device
            var index = open[name] ?? devices.count
            if index == devices.count {
                devices.append(HomeAssistantDevice(name: name, part: 0))
            } else if devices[index].members.count >= HomeAssistantDevice.pointLimit {
                devices.append(HomeAssistantDevice(name: name, part: devices[index].part + 1))
                index = devices.count - 1
            }
            open[name] = index
            var member = known[roster.id] ?? HomeAssistantDevice.Member(roster: roster)
            member.roster = roster
            if member.kind == nil, roster.point.unit != .none { member.kind = .double }
            devices[index].members.append(member)
            let place = devices[index].members.count - 1
            places[roster.id] = (index, place)
            paths[roster.point.path] = roster.id
            if let reading = presence.latest[roster.id] {
                _ = devices[index].update(place, reading)
            }
        }
    }

    // MARK: Discovery

    /// The gateway as a device, which the others are connected by.
    private func gatewayConfig() -> OutboundMessage {
        var json = JSONWriter(capacity: 512)
        beginConfig(&json, id: identifier(nil), name: gateway)
        json.append("},")
        writeOrigin(&json)
        json.append("\"components\":{\"link\":{\"platform\":\"binary_sensor\"")
        json.member("unique_id", identifier(nil) + "_link")
        json.member("name", "link")
        json.member("device_class", "connectivity")
        json.member("entity_category", "diagnostic")
        json.member("state_topic", topic)
        json.member("payload_on", "online")
        json.member("payload_off", "offline")
        json.append("}}}")
        return config(identifier(nil), json)
    }

    /// A device's part; nil if no point of it is known well enough.
    private mutating func config(_ index: Int) -> OutboundMessage? {
        devices[index].isNews = false
        let device = devices[index]
        guard device.members.contains(where: { $0.kind != nil }) else { return nil }
        let id = identifier(device.name)
        var json = JSONWriter(capacity: 4096)
        beginConfig(&json, id: id, name: "\(gateway) \(device.name)")
        json.member("via_device", identifier(nil))
        json.append("},")
        writeOrigin(&json)
        json.append("\"state_topic\":")
        json.append(string: stateTopic(device))
        json.append(",\"components\":{")
        var isFirst = true
        for member in device.members {
            guard let kind = member.kind else { continue }
            json.append(isFirst ? "" : ",")
            isFirst = false
            let point = member.roster.point
            HomeAssistantComponent(
                point: point, kind: kind, isCommandable: member.roster.isCommandable,
                uniqueID: id + "_" + Self.escaped(point.name), stateTopic: stateTopic(device),
                commandTopic: "\(topic)/\(point.path)/set", gatewayTopic: topic
            ).write(to: &json)
        }
        json.append("}}")
        return config(device.part == 0 ? id : id + "-\(device.part + 1)", json)
    }

    private func beginConfig(_ json: inout JSONWriter, id: String, name: String) {
        json.append("{\"device\":{\"identifiers\":")
        json.append(string: id)
        json.member("name", name)
        json.member("sw_version", version)
    }

    private func writeOrigin(_ json: inout JSONWriter) {
        json.append("\"origin\":{\"name\":\"armadio\"")
        json.member("sw_version", version)
        json.append("},")
    }

    private func config(_ id: String, _ json: JSONWriter) -> OutboundMessage {
        OutboundMessage(
            topic: "\(options.prefix)/device/\(id)/config", payload: Array(json.bytes),
            retain: true, contentType: "application/json")
    }

    /// An id of letters, digits, `_` and `-`, which is all that a discovery topic takes.
    private func identifier(_ device: String?) -> String {
        let id = "armadio_" + Self.escaped(gateway)
        return device.map { id + "_" + Self.escaped($0) } ?? id
    }

    /// Other bytes in hexadecimal behind `_`, and `_` too: no two names become one.
    private static func escaped(_ name: String) -> String {
        name.utf8.map { byte in
            let scalar = Unicode.Scalar(byte)
            let isKept = scalar.isASCII && (scalar.properties.isAlphabetic || byte == 0x2D)
            return isKept || (0x30...0x39).contains(byte)
                ? String(scalar) : "_" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
    }

    private func stateTopic(_ device: HomeAssistantDevice) -> String {
        let topic = "\(topic)/\(device.name)"
        return device.part == 0 ? topic : topic + "/\(device.part + 1)"
    }

    // MARK: Readings

    public mutating func encode(
        _ batch: OutboundBatch, from offset: Int, in context: EncodingContext
    ) -> EncodedBatch? {
        guard offset >= 0, offset < batch.items else { return nil }
        guard case .readings(let readings) = batch.content, !context.isBacklog,
            batch.anchor.boot == context.boot
        else { return EncodedBatch(messages: [], items: batch.items - offset) }
        let room = max(1, context.messageLimit)
        var changed: [Int] = []
        var index = offset
        while index < readings.count {
            if let place = places[readings.points[index]] {
                let isNew = !changed.contains(place.device)
                if isNew, changed.count >= room { break }
                let isNewer = devices[place.device].update(place.member, readings[index])
                if isNewer, isNew { changed.append(place.device) }
            }
            index += 1
        }
        return EncodedBatch(
            messages: news(room - changed.count)
                + changed.map { state($0, limit: max(1024, context.byteLimit)) },
            items: index - offset)
    }

    /// Discovery of devices of which more is known now; what there is no room for comes next time.
    private mutating func news(_ room: Int) -> [OutboundMessage] {
        let waiting = devices.indices.filter { devices[$0].isNews }
        return waiting.prefix(max(0, room)).compactMap { config($0) }
    }

    private func state(_ index: Int, limit: Int) -> OutboundMessage {
        OutboundMessage(
            topic: stateTopic(devices[index]), payload: devices[index].state(limit: limit),
            retain: true, contentType: "application/json")
    }

    // MARK: Commands

    public var subscriptions: [String] { ["\(topic)/+/+/set", "\(options.prefix)/status"] }

    public mutating func receive(_ message: InboundMessage) -> [SessionRequest] {
        if message.topic == options.prefix + "/status" {
            // A retained one is from before the births of this link.
            return !message.isRetained && message.payload == Array("online".utf8) ? [.birth] : []
        }
        guard message.topic.hasPrefix(topic + "/"), message.topic.hasSuffix("/set") else {
            return []
        }
        let levels = message.topic.dropFirst(topic.count + 1)
            .split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard levels.count == 3 else { return [] }
        guard !message.isRetained else {
            return [.flaw("a retained command is not carried out")]
        }
        guard message.payload.count <= Self.commandByteLimit,
            let text = String(validating: message.payload, as: UTF8.self),
            let value = value(text, of: levels[0] + "/" + levels[1])
        else { return [.flaw("the command is no value of this point")] }
        return [
            .command(
                PlatformCommand(
                    device: levels[0], point: levels[1], value: value, origin: "home assistant"))
        ]
    }

    /// What a payload means for a point: by the kind of its values, or by its looks where that is
    /// not known.
    private func value(_ text: String, of path: String) -> Value? {
        let flags = ["ON": true, "OFF": false, "true": true, "false": false]
        let number =
            Int64(text).map(Value.int64) ?? Double(text).flatMap { $0.isFinite ? .double($0) : nil }
        let place = paths[path].flatMap { places[$0] }
        switch place.flatMap({ devices[$0.device].members[$0.member].kind }) {
        case .bool: return flags[text].map(Value.bool)
        case .string: return .string(text)
        case ValueKind.none?, nil: return flags[text].map(Value.bool) ?? number
        default: return number
        }
    }

    /// Home Assistant has no results: it is shown how the device is, so that a switch goes back.
    public mutating func answer(_ outcome: CommandOutcome, to command: PlatformCommand)
        -> [OutboundMessage]
    {
        guard let id = paths[command.path], let place = places[id] else { return [] }
        return [state(place.device, limit: EncodingContext.defaultByteLimit)]
    }
}
