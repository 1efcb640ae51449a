import Buses
import JSON
import Telemetry

/// A line to a program.
enum ExecRequest {
    /// The version of the protocol.
    static let version = 1

    /// Which of these points it has.
    case describe(device: String, points: [String])
    /// Values of these points.
    case poll(id: UInt64, points: [String])
    /// A value for a point.
    case write(id: UInt64, point: String, value: Value)

    private struct Line: Encodable {
        var op: String
        var id: UInt64?
        var `protocol`: Int?
        var device: String?
        var points: [String]?
        var point: String?
        var value: ExecScalar?
    }

    /// As one line of JSON, keys in alphabetical order; nil for a value that JSON does not have.
    var line: [UInt8]? {
        let line =
            switch self {
            case .describe(let device, let points):
                Line(op: "describe", protocol: Self.version, device: device, points: points)
            case .poll(let id, let points): Line(op: "poll", id: id, points: points)
            case .write(let id, let point, let value):
                Line(op: "write", id: id, point: point, value: ExecScalar(value: value))
            }
        do {
            return try JSONEncoder().encode(line)
        } catch {
            return nil
        }
    }
}

/// A line from a program: what is known of it. What is missing or odd is nil; the rest of the line
/// still counts.
struct ExecMessage: Decodable {
    /// A point as the program describes it.
    struct Description: Decodable {
        var unit: String?

        private enum CodingKeys: CodingKey { case unit }

        init(from decoder: any Decoder) throws {
            unit = try decoder.container(keyedBy: CodingKeys.self).lenient(String.self, .unit)
        }
    }

    /// One value of one point, or why there is none.
    struct Reading: Decodable {
        var point: String?
        var value: ExecScalar?
        var quality: String?
        var reason: String?
        /// Seconds since it was taken.
        var age: ExecScalar?

        private enum CodingKeys: CodingKey { case point, value, quality, reason, age }

        init(from decoder: any Decoder) throws {
            let keys = try decoder.container(keyedBy: CodingKeys.self)
            point = keys.lenient(String.self, .point)
            value = keys.lenient(ExecScalar.self, .value)
            quality = keys.lenient(String.self, .quality)
            reason = keys.lenient(String.self, .reason)
            age = keys.lenient(ExecScalar.self, .age)
        }
    }

    /// What is shown of a reason, in characters.
    static let longestReason = 200

    var op: String
    var id: UInt64?
    var version: Int?
    var points: [String: Description]?
    /// nil in it is an entry that is no object.
    var readings: [Reading?]?
    var value: ExecScalar?
    var reason: String?

    private enum CodingKeys: String, CodingKey {
        case op, id, points, readings, value, reason
        case version = "protocol"
    }

    /// The message of a line; nil if it is no JSON object with an `op`.
    init?(line: [UInt8]) {
        do {
            self = try JSONDecoder().decode(ExecMessage.self, from: line)
        } catch {
            return nil
        }
    }

    init(from decoder: any Decoder) throws {
        let keys = try decoder.container(keyedBy: CodingKeys.self)
        op = try keys.decode(String.self, forKey: .op)
        id = keys.lenient(UInt64.self, .id)
        version = keys.lenient(Int.self, .version)
        points = keys.lenient([String: Description].self, .points)
        readings = keys.lenient([Lenient<Reading>].self, .readings)?.map(\.value)
        value = keys.lenient(ExecScalar.self, .value)
        reason = keys.lenient(String.self, .reason)
    }
}

extension ExecMessage {
    /// Why the program refused a request, in its own words.
    var refusal: BusError {
        guard op == "failed" else {
            return BusError(.corrupt, "the program answered `\(op.printable(40))`")
        }
        let reason = reason?.printable(Self.longestReason) ?? "it failed"
        return BusError(.exception(4), "the program says: \(reason)")
    }
}

/// A value as JSON has it. All numbers are `double`: a point does not change its kind when a
/// measurement happens to be whole.
struct ExecScalar: Codable {
    var value: Value

    init(value: Value) { self.value = value }

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let flag = container.lenient(Bool.self) {
            value = .bool(flag)
        } else if let number = container.lenient(Double.self) {
            value = .double(number)
        } else {
            value = .string(try container.decode(String.self))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(value)
    }
}

/// Decodes as nil what is not as it should be.
private struct Lenient<Wrapped: Decodable>: Decodable {
    var value: Wrapped?

    init(from decoder: any Decoder) throws {
        value = try decoder.singleValueContainer().lenient(Wrapped.self)
    }
}

extension SingleValueDecodingContainer {
    fileprivate func lenient<Wrapped: Decodable>(_ type: Wrapped.Type) -> Wrapped? {
        do {
            return try decode(type)
        } catch {
            return nil
        }
    }
}

extension KeyedDecodingContainer {
    fileprivate func lenient<Wrapped: Decodable>(_ type: Wrapped.Type, _ key: Key) -> Wrapped? {
        do {
            return try decode(type, forKey: key)
        } catch {
            return nil
        }
    }
}
