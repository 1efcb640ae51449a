import JSON
import Telemetry

/// FIWARE's IoT Agent for JSON (telefonicaid/iotagent-json, user manual, "MQTT binding"):
///
/// | topic | who | what |
/// |---|---|---|
/// | `/json/{apikey}/{gateway}:{device}/attrs` | gateway | measures, an array of objects with `TimeInstant` (agent 3.5 or later) |
/// | `/{apikey}/{gateway}:{device}/cmd` | agent | `{"point": value}`, one or more |
/// | `/json/{apikey}/{gateway}:{device}/cmdexe` | gateway | `{"point": "OK"}`, or why not |
/// | `/json/{apikey}/{gateway}/attrs` | gateway | `status` online or offline, `version`, and gaps: `gap` and `gap_reason` |
///
/// A reading that is not good has no value, and its quality in `{point}_quality`; the first good
/// one behind it says `good` there, since attributes stay. The platform has no identities: a
/// batch that is sent again sets the same attributes of the same time again.
///
/// A command has no expiry here; a retained one is not carried out.
public struct FiwareSession: UplinkSession {
    /// The longest message taken, in bytes.
    static let commandByteLimit = 4096
    /// The most commands in one message.
    static let commandLimit = 32

    private let gateway: String
    private let version: String
    private let points: PointTable
    private let options: FiwareOptions
    private var known: [PointID: Point] = [:]
    /// Which quality a point's attribute has, and by which reading: the same reading encoded
    /// again says it again.
    private var told: [PointID: (quality: Quality, at: Position)] = [:]

    /// A session for a gateway.
    ///
    /// - Parameters:
    ///   - options: The API key, and what devices are called.
    ///   - gateway: The gateway's name.
    ///   - points: The table that the batches' point ids belong to.
    ///   - version: The gateway's version, told at each birth.
    public init(options: FiwareOptions, gateway: String, points: PointTable, version: String) {
        self.options = options
        self.gateway = gateway
        self.points = points
        self.version = version
    }

    // MARK: Presence

    public mutating func births(_ presence: Presence) -> [OutboundMessage] {
        // What was sent over the link before may not have arrived.
        told.removeAll(keepingCapacity: true)
        return [status("online", version: version)]
    }

    public func will(connect: UInt64) -> OutboundMessage? { status("offline", version: nil) }

    private func status(_ status: StaticString, version: String?) -> OutboundMessage {
        var json = JSONWriter(capacity: 64)
        json.append("{\"status\":\"")
        json.append(status)
        json.append("\"")
        if let version {
            json.append(",\"version\":")
            json.append(string: version)
        }
        json.append("}")
        return message(gateway, "attrs", Array(json.bytes))
    }

    /// Not retained: an agent that starts would take an old one for a new one.
    private func message(_ id: String, _ suffix: String, _ payload: [UInt8]) -> OutboundMessage {
        OutboundMessage(
            topic: "/json/\(options.apiKey)/\(id)/\(suffix)", payload: payload,
            contentType: "application/json")
    }

    private func id(of device: String) -> String {
        options.deviceNames == .alone ? device : gateway + ":" + device
    }

    // MARK: Readings

    /// One message a device. Devices lie mixed in a batch: readings are taken until one more
    /// would make a message too many, or one too long.
    public mutating func encode(
        _ batch: OutboundBatch, from offset: Int, in context: EncodingContext
    ) -> EncodedBatch? {
        guard offset >= 0, offset < batch.items else { return nil }
        guard case .readings(let readings) = batch.content else {
            return encodeGap(of: batch, in: context)
        }
        let limit = max(1024, context.byteLimit)
        var groups: [(device: String, measures: FiwareMeasures)] = []
        var places: [String: Int] = [:]
        var index = offset
        while index < readings.count {
            let device = point(readings.points[index]).device
            let isNew = places[device] == nil
            if isNew, groups.count >= max(1, context.messageLimit) { break }
            let place = places[device] ?? groups.count
            if isNew { groups.append((device, FiwareMeasures())) }
            let position = Position(
                epoch: batch.epoch.number, sequence: batch.sequence(of: index))
            let moment = FiwareMoment(
                readings.instants[index], batch.anchor, boot: context.boot)
            var measure = measure(readings[index], at: position)
            if !groups[place].measures.add(measure, at: moment, limit: limit) {
                guard isNew else { break }
                // A text that is too long for any message must not stop what follows.
                measure.value = nil
                measure.quality = Quality.unrepresentable.name
                _ = groups[place].measures.add(measure, at: moment, limit: .max)
            }
            places[device] = place
            index += 1
        }
        return EncodedBatch(
            messages: groups.map { message(id(of: $0.device), "attrs", $0.measures.payload) },
            items: index - offset)
    }

    private mutating func point(_ id: PointID) -> Point {
        if let point = known[id] { return point }
        let point = points[id] ?? Point(device: "unknown", name: "unknown")
        known[id] = point
        return point
    }

    private mutating func measure(_ reading: Reading, at position: Position)
        -> FiwareMeasures.Measure
    {
        var (value, quality) = (reading.quality.isGood ? reading.value : nil, reading.quality)
        if case .double(let number) = value, !number.isFinite { value = nil }
        if value == nil, quality.isGood { quality = .unrepresentable }
        let last = told[reading.point]
        let isTold = last?.quality == quality && last?.at != position
        if !isTold { told[reading.point] = (quality, position) }
        return FiwareMeasures.Measure(
            point: reading.point, name: point(reading.point).name, value: value,
            quality: isTold && value != nil ? nil : quality.name)
    }

    private func encodeGap(of batch: OutboundBatch, in context: EncodingContext) -> EncodedBatch? {
        guard case .gap(let count, let reason) = batch.content else { return nil }
        var json = JSONWriter(capacity: 64)
        json.append("{\"gap\":")
        json.append(count)
        json.append(",\"gap_reason\":")
        json.append(string: reason.name)
        json.append("}")
        return EncodedBatch(messages: [message(gateway, "attrs", Array(json.bytes))], items: 1)
    }

    // MARK: Commands

    public var subscriptions: [String] { ["/\(options.apiKey)/+/cmd"] }

    public mutating func receive(_ message: InboundMessage) -> [SessionRequest] {
        let levels = message.topic.split(separator: "/", omittingEmptySubsequences: false)
        guard levels.count == 4, levels[0].isEmpty, levels[1] == options.apiKey,
            levels[3] == "cmd", let device = device(of: String(levels[2]))
        else { return [] }
        guard !message.isRetained else {
            return [.flaw("a retained command is not carried out; let the agent not retain them")]
        }
        guard message.payload.count <= Self.commandByteLimit else {
            return [.flaw("the commands have more than \(Self.commandByteLimit) bytes")]
        }
        do {
            return commands(try JSONReader.read(message.payload), device)
        } catch {
            return [.flaw("the commands are not JSON: \(error)")]
        }
    }

    /// The device of an agent's id; nil for one of another gateway, which has the same API key.
    private func device(of id: String) -> String? {
        guard options.deviceNames == .withGateway else { return id.isEmpty ? nil : id }
        let prefix = gateway + ":"
        return id.hasPrefix(prefix) && id != prefix ? String(id.dropFirst(prefix.count)) : nil
    }

    private func commands(_ json: JSONValue, _ device: String) -> [SessionRequest] {
        guard case .object(let object) = json, !object.members.isEmpty else {
            return [.flaw("the commands are no object with a value for each")]
        }
        guard object.members.count <= Self.commandLimit else {
            return [.flaw("more than \(Self.commandLimit) commands in one message")]
        }
        return object.members.map { member in
            guard let value = member.value.pointValue else {
                return .flaw(
                    "the command `\(member.name.prefix(40))` has no value that is a number, "
                        + "a text, true or false")
            }
            return .command(PlatformCommand(device: device, point: member.name, value: value))
        }
    }

    public mutating func answer(_ outcome: CommandOutcome, to command: PlatformCommand)
        -> [OutboundMessage]
    {
        var text = outcome.result == .done ? "OK" : outcome.result.rawValue
        if outcome.result != .done, !outcome.reason.isEmpty { text += ": " + outcome.reason }
        var json = JSONWriter(capacity: 64)
        json.append("{")
        json.append(string: command.point)
        json.append(":")
        json.append(string: text)
        json.append("}")
        return [message(id(of: command.device), "cmdexe", Array(json.bytes))]
    }
}
