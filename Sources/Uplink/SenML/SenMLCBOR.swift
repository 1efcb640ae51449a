import Telemetry

/// SenML as CBOR (RFC 8428 section 6): numbers for the names that have one, arrays and maps of
/// definite length. What is ours alone has a text for a name, as in JSON.
struct SenMLCBOR: SenMLFormat {
    /// RFC 8428 section 6, table 4.
    private enum Label: Int64 {
        case baseName = -2
        case baseTime = -3
        case name = 0
        case unit = 1
        case value = 2
        case stringValue = 3
        case boolValue = 4
        case time = 6
    }

    private var cbor = CBORWriter()
    /// How many pairs the first record has beside those of the head.
    private var firstPairs = 0

    init() {}

    var count: Int { cbor.bytes.count }
    var records: ArraySlice<UInt8> { cbor.bytes[...] }
    static var tail: [UInt8] { [] }

    static func baseName(_ name: String) -> [UInt8] { piece(.baseName, name) }

    static func name(of point: Point) -> [UInt8] {
        let name = piece(.name, point.name)
        return point.unit == .none ? name : name + piece(.unit, point.unit.symbol)
    }

    static func qualityName(of point: Point) -> [UInt8] { piece(.name, point.name + "/quality") }

    private static func piece(_ label: Label, _ text: String) -> [UInt8] {
        var cbor = CBORWriter()
        cbor.append(label.rawValue)
        cbor.append(text: text)
        return cbor.bytes
    }

    func head(of head: SenMLHead, records: Int) -> [UInt8] {
        var (pairs, cbor) = (firstPairs + 1, CBORWriter())
        cbor.append(head.baseName)
        if let base = head.baseTime {
            cbor.append(Label.baseTime.rawValue)
            cbor.append(microseconds: base)
            pairs += 1
        }
        if let identity = head.identity {
            cbor.append(text: "epoch")
            cbor.append(text: identity.epoch)
            cbor.append(text: "first")
            cbor.append(identity.first)
            cbor.append(text: "count")
            cbor.append(identity.count)
            pairs += 3
            if let numbers = identity.numbers {
                cbor.append(text: "numbers")
                cbor.append(text: numbers)
                pairs += 1
            }
        }
        if let clock = head.clock {
            cbor.append(text: "clock")
            cbor.append(text: clock)
            pairs += 1
        }
        var begin = CBORWriter()
        begin.beginArray(records)
        begin.beginMap(pairs)
        return begin.bytes + cbor.bytes
    }

    mutating func truncate(to count: Int) { cbor.truncate(to: count) }

    mutating func addFirst(_ content: SenMLContent, _ entry: SenMLEntry, _ text: [UInt8]) {
        firstPairs = Self.pairs(content, entry)
        add(content, entry, text)
    }

    mutating func add(
        _ content: SenMLContent, _ entry: SenMLEntry, baseName: Range<Int>?, offset: Int64,
        _ text: [UInt8]
    ) {
        cbor.beginMap(
            Self.pairs(content, entry) + (baseName == nil ? 0 : 1) + (offset == 0 ? 0 : 1))
        if let baseName { cbor.append(text[baseName]) }
        add(content, entry, text)
        if offset != 0 {
            cbor.append(Label.time.rawValue)
            cbor.append(microseconds: offset)
        }
    }

    /// Name and value, and the value's unit.
    private static func pairs(_ content: SenMLContent, _ entry: SenMLEntry) -> Int {
        if case .quality = content { return 2 }
        return entry.hasUnit ? 3 : 2
    }

    private mutating func add(_ content: SenMLContent, _ entry: SenMLEntry, _ text: [UInt8]) {
        if case .quality(let quality) = content {
            cbor.append(text[entry.quality])
            cbor.append(Label.stringValue.rawValue)
            return cbor.append(text: quality.name)
        }
        cbor.append(text[entry.value])
        switch content {
        case .double(let value):
            cbor.append(Label.value.rawValue)
            cbor.append(value)
        case .int64(let value):
            cbor.append(Label.value.rawValue)
            cbor.append(value)
        case .uint64(let value):
            cbor.append(Label.value.rawValue)
            cbor.append(value)
        case .bool(let value):
            cbor.append(Label.boolValue.rawValue)
            cbor.append(value)
        case .string(let value):
            cbor.append(Label.stringValue.rawValue)
            cbor.append(text: value)
        case .quality: break
        }
    }

    mutating func addGap(_ count: UInt64, _ reason: GapReason) {
        firstPairs = 3
        cbor.append(Self.piece(.name, "gap"))
        cbor.append(Label.value.rawValue)
        cbor.append(count)
        cbor.append(text: "reason")
        cbor.append(text: reason.name)
    }
}
