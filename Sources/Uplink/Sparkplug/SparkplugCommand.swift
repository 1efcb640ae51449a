import Telemetry

/// A command of the platform: the payload of an NCMD or DCMD. Foreign input.
struct SparkplugCommand {
    /// The most metrics of one command; a host that writes more sends several.
    static let metricLimit = 256

    /// A metric that is to be set.
    struct Metric {
        var name: String?
        var alias: UInt64?
        var datatype: UInt64?
        /// The value as its field gives it; nil if it has none or is null.
        var value: Value?
    }

    /// The message's own name; empty if it has none.
    private(set) var id = ""
    private(set) var metrics: [Metric] = []

    /// Reads a message. One that the broker had kept is refused: it would be carried out again
    /// with every link.
    init(_ message: InboundMessage) throws(SparkplugFlaw) {
        guard !message.isRetained else { throw SparkplugFlaw("a retained command") }
        var reader = ProtobufReader(message.payload[...])
        while let field = try reader.next() {
            switch (field.number, field.content) {
            case (2, .bytes(let bytes)):
                guard metrics.count < Self.metricLimit else {
                    throw SparkplugFlaw("more than \(Self.metricLimit) metrics")
                }
                metrics.append(try Metric(bytes))
            case (4, .bytes(let bytes)): id = try String(field: bytes)
            default: break
            }
        }
        guard id != SparkplugPayload.compressedUUID else {
            throw SparkplugFlaw("a compressed command")
        }
        guard id.utf8.count < PlatformCommand.idLimit - 8 else {
            throw SparkplugFlaw("a uuid of \(id.utf8.count) bytes")
        }
    }
}

extension SparkplugCommand.Metric {
    fileprivate init(_ bytes: ArraySlice<UInt8>) throws(SparkplugFlaw) {
        var reader = ProtobufReader(bytes)
        var isNull = false
        while let field = try reader.next() {
            switch (field.number, field.content) {
            case (1, .bytes(let bytes)): name = try String(field: bytes)
            case (2, .varint(let number)): alias = number
            case (4, .varint(let number)): datatype = number
            case (7, .varint(let number)): isNull = number != 0
            case (10, .varint(let bits)): value = .uint64(UInt64(UInt32(truncatingIfNeeded: bits)))
            case (11, .varint(let bits)): value = .uint64(bits)
            case (12, .fixed32(let bits)): value = Value(Float(bitPattern: bits))
            case (13, .fixed64(let bits)): value = .double(Double(bitPattern: bits))
            case (14, .varint(let bits)): value = .bool(bits != 0)
            case (15, .bytes(let bytes)): value = .string(try String(field: bytes))
            case (10...19, _): throw SparkplugFlaw("a value that no point has")
            default: break
            }
        }
        if isNull { value = nil }
        if case .double(let number) = value, !number.isFinite {
            throw SparkplugFlaw("a value that is not a number")
        }
    }

    /// The value as it is meant: whole numbers are in two's complement where the datatype, the
    /// command's own or else that of the birth, has a sign.
    func value(_ born: SparkplugDatatype) -> Value? {
        guard case .uint64(let bits) = value else { return value }
        switch datatype ?? UInt64(born.rawValue) {
        case 1: return .int64(Int64(Int8(truncatingIfNeeded: bits)))
        case 2: return .int64(Int64(Int16(truncatingIfNeeded: bits)))
        case 3: return .int64(Int64(Int32(truncatingIfNeeded: bits)))
        case 4: return .int64(Int64(bitPattern: bits))
        default: return value
        }
    }
}

extension Value {
    /// A float as the shortest decimal that is it, not as the double beside it.
    fileprivate init(_ float: Float) {
        self = .double(Double(float.description) ?? Double(float))
    }
}

extension String {
    fileprivate init(field bytes: ArraySlice<UInt8>) throws(SparkplugFlaw) {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw SparkplugFlaw("a text that is not UTF-8")
        }
        self = text
    }
}

// MARK: What is to be done

extension SparkplugSession {
    /// What a command to the node asks for.
    func nodeRequests(_ command: SparkplugCommand) -> [SessionRequest] {
        command.metrics.map { metric in
            let name = metric.name ?? metric.alias.map { "alias \($0)" } ?? "no name"
            guard metric.name == Self.rebirth else {
                return .flaw("\(topics.nodeCommand): \(name) cannot be set")
            }
            guard metric.value == .bool(true) else {
                return .flaw("\(topics.nodeCommand): \(name) is not true")
            }
            return .birth
        }
    }

    /// What a command to a device asks for.
    func deviceRequests(_ command: SparkplugCommand, _ device: String) -> [SessionRequest] {
        command.metrics.enumerated().map { index, metric in
            let name = metric.name ?? metric.alias.map { "alias \($0)" } ?? "no name"
            guard
                let known = register.metric(named: metric.name, alias: metric.alias, of: device)
            else { return .flaw("DCMD \(device): there is no metric \(name)") }
            guard let value = metric.value(register.metrics[known].datatype) else {
                return .flaw("DCMD \(device): \(name) has no value")
            }
            let point = register.words[known].commanded
            return .command(
                PlatformCommand(
                    device: point?.device ?? device,
                    point: point?.name ?? register.words[known].name, value: value,
                    id: command.id.isEmpty
                        ? "" : index == 0 ? command.id : "\(command.id)/\(index)",
                    origin: "Sparkplug"))
        }
    }
}
