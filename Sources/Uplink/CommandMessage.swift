import JSON
import Telemetry

/// A command as JSON: `{"value": 21.5, "id": "a7", "expiry": "2026-11-26T19:00:00Z"}`, or the bare
/// value with the rest in MQTT 5 user properties of the same names.
///
/// A field that is not known is a flaw: a command whose expiry is misspelled must not be carried
/// out an hour late.
struct CommandMessage {
    /// The longest payload of a command, in bytes.
    static let byteLimit = 4096
    /// The longest origin kept, in bytes; it is for the record only.
    static let originLimit = 128

    var value: Value
    var id = ""
    var origin = ""
    var expiry: WallTime?

    /// Reads a message.
    init(_ message: InboundMessage) throws(Flaw) {
        guard message.payload.count <= Self.byteLimit else {
            throw Flaw("the command has more than \(Self.byteLimit) bytes")
        }
        let json: JSONValue
        do {
            json = try JSONReader.read(message.payload)
        } catch {
            throw Flaw("the command is not JSON: \(error)")
        }
        var fields = Self.properties(of: message)
        if case .object(let object) = json {
            if let name = object.firstName(besides: ["value", "id", "expiry", "origin"]) {
                throw Flaw("the command has a field `\(name.prefix(40))`, which is not known")
            }
            for member in object.members { fields[member.name] = member.value }
        } else {
            fields["value"] = json
        }
        guard let value = fields["value"]?.pointValue else {
            throw Flaw("the command has no value that is a number, a text, true or false")
        }
        self.value = value
        try take(fields)
    }

    private mutating func take(_ fields: [String: JSONValue]) throws(Flaw) {
        if let id = fields["id"] {
            guard let text = id.text ?? id.count.map(String.init),
                text.utf8.count <= PlatformCommand.idLimit
            else {
                throw Flaw(
                    "the command's id is not a text of at most \(PlatformCommand.idLimit) bytes")
            }
            self.id = text
        }
        if let expiry = fields["expiry"] { self.expiry = try Self.expiry(expiry) }
        if let origin = fields["origin"]?.text ?? fields["user"]?.text {
            self.origin = String(
                decoding: origin.utf8.prefix(Self.originLimit), as: UTF8.self)
        }
    }

    /// The first property of each name that a command can have.
    private static func properties(of message: InboundMessage) -> [String: JSONValue] {
        var fields: [String: JSONValue] = [:]
        for (name, value) in message.userProperties
        where ["id", "expiry", "origin", "user"].contains(name) && fields[name] == nil {
            fields[name] = .string(value)
        }
        return fields
    }

    /// ISO 8601, or seconds since 1970 as a number or, in a property, as its text.
    private static func expiry(_ value: JSONValue) throws(Flaw) -> WallTime? {
        if value == .null { return nil }
        if let text = value.text, let time = WallTime(text) { return time }
        // Double() takes `0x10` and `nan` too; the range takes what is a time.
        guard let seconds = value.number ?? value.text.flatMap(Double.init) else {
            throw Flaw("the command's expiry is neither ISO 8601 nor seconds since 1970")
        }
        guard (0...9_223_372_036).contains(seconds) else {
            throw Flaw("the command's expiry is not in seconds since 1970; milliseconds?")
        }
        return WallTime(nanosecondsSince1970: Int64(seconds * 1e9))
    }

    /// Why a message is no command.
    struct Flaw: Error, CustomStringConvertible {
        let description: String

        init(_ description: String) { self.description = description }
    }
}

extension CommandOutcome {
    /// `{"id":"a7","result":"done","value":21.5}`; id, value and reason where there are some.
    func json(id: String) -> [UInt8] {
        var json = JSONWriter(capacity: 128)
        json.append("{")
        if !id.isEmpty {
            json.append("\"id\":")
            json.append(string: id)
            json.append(",")
        }
        json.append("\"result\":")
        json.append(string: result.rawValue)
        if let shown {
            json.append(",\"value\":")
            shown.append(to: &json)
        }
        if !reason.isEmpty {
            json.append(",\"reason\":")
            json.append(string: reason)
        }
        json.append("}")
        return Array(json.bytes)
    }
}
