import Telemetry

/// SenML as JSON (RFC 8428 section 5).
struct SenMLJSON: SenMLFormat {
    private var json = JSONWriter(capacity: 0)

    init() {}

    var count: Int { json.count }
    var records: ArraySlice<UInt8> { json.bytes }
    static var tail: [UInt8] { [UInt8(ascii: "]")] }

    static func baseName(_ name: String) -> [UInt8] {
        var json = JSONWriter(capacity: 128)
        json.append("\"bn\":")
        json.append(string: name)
        json.append(",")
        return Array(json.bytes)
    }

    static func name(of point: Point) -> [UInt8] {
        var json = JSONWriter(capacity: 128)
        json.append("\"n\":")
        json.append(string: point.name)
        if point.unit != .none {
            json.append(",\"u\":")
            json.append(string: point.unit.symbol)
        }
        json.append(",")
        return Array(json.bytes)
    }

    static func qualityName(of point: Point) -> [UInt8] {
        var json = JSONWriter(capacity: 128)
        json.append("\"n\":")
        json.append(string: point.name + "/quality")
        json.append(",\"vs\":\"")
        return Array(json.bytes)
    }

    func head(of head: SenMLHead, records: Int) -> [UInt8] {
        var json = JSONWriter(capacity: 256)
        json.append("[{")
        json.append(head.baseName)
        if let base = head.baseTime {
            json.append("\"bt\":")
            json.append(base, places: 6)
            json.append(",")
        }
        if let identity = head.identity {
            json.append("\"epoch\":")
            json.append(string: identity.epoch)
            json.append(",\"first\":")
            json.append(identity.first)
            json.append(",\"count\":")
            json.append(identity.count)
            if let numbers = identity.numbers {
                json.append(",\"numbers\":")
                json.append(string: numbers)
            }
            json.append(",")
        }
        if let clock = head.clock {
            json.append("\"clock\":")
            json.append(string: clock)
            json.append(",")
        }
        return Array(json.bytes)
    }

    mutating func truncate(to count: Int) { json.truncate(to: count) }

    mutating func addFirst(_ content: SenMLContent, _ entry: SenMLEntry, _ text: [UInt8]) {
        add(content, entry, text)
        json.append(UInt8(ascii: "}"))
    }

    mutating func add(
        _ content: SenMLContent, _ entry: SenMLEntry, baseName: Range<Int>?, offset: Int64,
        _ text: [UInt8]
    ) {
        json.append(",{")
        if let baseName { json.append(baseName, of: text) }
        add(content, entry, text)
        if offset != 0 {
            json.append(",\"t\":")
            json.append(offset, places: 6)
        }
        json.append(UInt8(ascii: "}"))
    }

    private mutating func add(_ content: SenMLContent, _ entry: SenMLEntry, _ text: [UInt8]) {
        if case .quality(let quality) = content {
            json.append(entry.quality, of: text)
            json.appendEscaped(quality.name)
            return json.append(UInt8(ascii: "\""))
        }
        json.append(entry.value, of: text)
        switch content {
        case .double(let value):
            json.append("\"v\":")
            json.append(value)
        case .int64(let value):
            json.append("\"v\":")
            json.append(value)
        case .uint64(let value):
            json.append("\"v\":")
            json.append(value)
        case .bool(let value): json.append(value ? "\"vb\":true" : "\"vb\":false")
        case .string(let value):
            json.append("\"vs\":")
            json.append(string: value)
        case .quality: break
        }
    }

    mutating func addGap(_ count: UInt64, _ reason: GapReason) {
        json.append("\"n\":\"gap\",\"v\":")
        json.append(count)
        json.append(",\"reason\":")
        json.append(string: reason.name)
        json.append(UInt8(ascii: "}"))
    }
}
