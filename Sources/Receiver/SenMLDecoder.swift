import Telemetry

/// SenML JSON (RFC 8428) as `SenMLSession` writes it.
struct SenMLDecoder: PayloadDecoder {
    let contentTypes = ["application/senml+json"]

    func recognizes(_ payload: [UInt8]) -> Bool { payload.first == UInt8(ascii: "[") }

    func decode(_ payload: [UInt8], in envelope: Envelope) throws(Refusal) -> ReceivedBatch {
        var scanner = JSONScanner(payload)
        try scanner.expect("[")
        var pack = SenMLPack(envelope)
        repeat {
            try pack.take(try SenMLRecord(&scanner))
        } while scanner.take(UInt8(ascii: ","))
        try scanner.expect("]")
        try scanner.end()
        return try pack.finish()
    }
}

/// One record as it is written.
struct SenMLRecord {
    var baseName: String?
    var baseTime: DecimalNumber?
    var baseUnit: String?
    var name: String?
    var unit: String?
    var time: DecimalNumber?
    var value: Value?
    var identity = IdentityFields()
    var clock: String?
    var reason: String?

    init(_ scanner: inout JSONScanner) throws(Refusal) {
        var record = SenMLRecord()
        try scanner.object { (scanner, key) throws(Refusal) in
            try record.read(key, from: &scanner)
        }
        self = record
    }

    init() {}

    private mutating func read(_ key: String, from scanner: inout JSONScanner) throws(Refusal) {
        switch key {
        case "n": name = try scanner.string()
        case "v": value = try number(&scanner)
        case "t": time = try scanner.number()
        case "u": unit = try scanner.string()
        case "bn": baseName = try scanner.string()
        case "vb": value = .bool(try scanner.bool())
        case "vs": value = .string(try scanner.string())
        case "bt": baseTime = try scanner.number()
        case "bu": baseUnit = try scanner.string()
        default: try readRare(key, from: &scanner)
        }
    }

    private mutating func readRare(
        _ key: String, from scanner: inout JSONScanner
    ) throws(Refusal) {
        switch key {
        case "epoch": identity.epoch = try scanner.string()
        case "first": identity.first = try scanner.number().count
        case "count": identity.count = try scanner.number().count
        case "numbers": identity.numbers = try scanner.string()
        case "clock": clock = try scanner.string()
        case "reason": reason = try scanner.string()
        case "bv", "bs", "s", "vd", "bver":
            throw Refusal("the SenML field `\(key)` is not read")
        case _ where key.hasSuffix("_"):
            // RFC 8428 section 4.4: such a field must be understood.
            throw Refusal("the SenML field `\(key.prefix(40))` is not known")
        default: try scanner.skip()
        }
    }

    private func number(_ scanner: inout JSONScanner) throws(Refusal) -> Value {
        guard let value = try scanner.number().value else {
            throw scanner.flaw("a number that no double holds")
        }
        return value
    }
}

/// The records of one message, on their way to a batch.
struct SenMLPack {
    /// What follows a point's name where the record tells its quality.
    private static let qualitySuffix = "/quality"
    /// RFC 8428 section 4.5.3: a smaller time is relative to now, in nanoseconds.
    private static let firstAbsolute: Int64 = (1 << 28) * 1_000_000_000

    private let envelope: Envelope
    private var span: BatchSpan?
    private var numbers: SequenceNumbers?
    private var clock: String?
    private var device = ""
    /// What a device's point is called before its own name, where `bn` does not end behind the
    /// device's name.
    private var pointPrefix: String? = ""
    private var baseName = ""
    private var baseUnit: String?
    private var baseTime: Int64?
    private var readings: [ReceivedReading] = []
    private var gap: String?

    init(_ envelope: Envelope) {
        self.envelope = envelope
    }

    mutating func take(_ record: SenMLRecord) throws(Refusal) {
        if span == nil { try begin(record) }
        if let name = record.baseName { try rebase(name) }
        if let unit = record.baseUnit { baseUnit = unit }
        if let time = record.baseTime { baseTime = try nanoseconds(time) }
        guard gap == nil else { throw Refusal("a gap's record is not alone") }
        if let reason = record.reason, record.name == "gap" {
            guard readings.isEmpty else { throw Refusal("a gap's record is not alone") }
            gap = String(reason.prefix(64))
        } else {
            try append(record)
        }
    }

    /// The first record: the identity is in it, or in the user properties.
    private mutating func begin(_ record: SenMLRecord) throws(Refusal) {
        var fields = envelope.identity
        fields.complete(with: record.identity)
        let span = try BatchSpan(fields)
        self.span = span
        numbers = SequenceNumbers(span)
        clock = envelope.clock ?? record.clock
        if let clock, clock.utf8.count > 64 { throw Refusal("`clock` is too long") }
    }

    private mutating func rebase(_ name: String) throws(Refusal) {
        guard name.hasPrefix(envelope.gateway + "/") else {
            throw Refusal("`bn` does not begin with the gateway's name")
        }
        baseName = String(name.dropFirst(envelope.gateway.count + 1))
        let (device, rest) = Self.split(baseName)
        self.device = device
        pointPrefix = rest
    }

    /// Device and point; a name without a slash is not yet a device's.
    private static func split(_ name: String) -> (device: String, point: String?) {
        guard let slash = name.utf8.firstIndex(of: UInt8(ascii: "/")) else { return (name, nil) }
        return (String(name[..<slash]), String(name[name.utf8.index(after: slash)...]))
    }

    private mutating func append(_ record: SenMLRecord) throws(Refusal) {
        guard let sequence = numbers?.next() else {
            throw Refusal("more records than the identity counts")
        }
        var (device, point) = try name(record.name ?? "")
        var (value, quality) = (record.value, Quality.good.name)
        if point.hasSuffix(Self.qualitySuffix) {
            guard case .string(let word) = value, word.utf8.count <= 64 else {
                throw Refusal("a quality is not a word")
            }
            point.removeLast(Self.qualitySuffix.count)
            (value, quality) = (nil, word)
        } else if value == nil {
            throw Refusal("a record without a value")
        }
        if device.isEmpty { device = envelope.gateway }
        let unit = record.unit ?? baseUnit
        guard unit?.utf8.count ?? 0 <= 64 else { throw Refusal("a unit is too long") }
        readings.append(
            ReceivedReading(
                sequence: sequence, device: device, point: point, unit: unit,
                time: try time(record.time), clock: clock, value: value, quality: quality))
    }

    private func name(_ name: String) throws(Refusal) -> (device: String, point: String) {
        var (device, point) = (device, name)
        if let pointPrefix {
            if !pointPrefix.isEmpty { point = pointPrefix + name }
        } else {
            let parts = Self.split(baseName + name)
            (device, point) = (parts.device, parts.point ?? "")
        }
        guard !point.isEmpty, device.utf8.count <= Envelope.nameLimit,
            point.utf8.count <= Envelope.nameLimit
        else { throw Refusal("a name is empty or too long") }
        return (device, point)
    }

    private func nanoseconds(_ time: DecimalNumber) throws(Refusal) -> Int64 {
        guard let nanoseconds = time.nanoseconds else { throw Refusal("a time is out of range") }
        return nanoseconds
    }

    /// Without a base nobody knows the time, unless the record has an absolute one itself.
    private func time(_ offset: DecimalNumber?) throws(Refusal) -> WallTime? {
        guard baseTime != nil || offset != nil else { return nil }
        let (sum, overflow) = (baseTime ?? 0).addingReportingOverflow(
            try offset.map(nanoseconds) ?? 0)
        guard !overflow else { throw Refusal("a time is out of range") }
        if sum >= Self.firstAbsolute { return WallTime(nanosecondsSince1970: sum) }
        return envelope.arrival + .nanoseconds(sum)
    }

    func finish() throws(Refusal) -> ReceivedBatch {
        guard let span else { throw Refusal("no records") }
        let stream = StreamKey(gateway: envelope.gateway, epoch: span.epoch)
        if let gap { return ReceivedBatch(stream: stream, span: span.numbers, content: .gap(gap)) }
        guard UInt64(readings.count) == span.readings else {
            throw Refusal("fewer records than the identity counts")
        }
        return ReceivedBatch(stream: stream, span: span.numbers, content: .readings(readings))
    }
}
