import Telemetry

/// Writes one payload (org.eclipse.tahu.protobuf.Payload, section 6.4).
struct SparkplugPayload: Sendable {
    /// The fields of a payload.
    private enum Field {
        static let timestamp: UInt8 = 1
        static let metrics: UInt8 = 2
        static let seq: UInt8 = 3
        static let uuid: UInt8 = 4
        static let body: UInt8 = 5
    }

    /// The fields of a metric.
    private enum MetricField {
        static let name: UInt8 = 1
        static let alias: UInt8 = 2
        static let timestamp: UInt8 = 3
        static let datatype: UInt8 = 4
        static let isHistorical: UInt8 = 5
        static let isNull: UInt8 = 7
        static let properties: UInt8 = 9
        static let long: UInt8 = 11
        static let double: UInt8 = 13
        static let boolean: UInt8 = 14
        static let string: UInt8 = 15
    }

    /// What a metric tells beside its value. Those that are nil are left out.
    struct Properties {
        var quality: Quality?
        var unit = Unit.none
        var clock: String?
        /// Other words: a name and what it says.
        var note: (name: String, text: String)?

        var isEmpty: Bool { quality == nil && unit == .none && clock == nil && note == nil }
    }

    /// A value as a metric has it.
    enum Content {
        case null
        case long(UInt64)
        case double(UInt64)
        case boolean(Bool)
        case string(String)
    }

    /// The name that marks a compressed payload.
    static let compressedUUID = "SPBV1.0_COMPRESSED"
    /// Shorter payloads are never compressed: the envelope takes half of that.
    static let leastCompressed = 128

    private var writer = ProtobufWriter(capacity: 4096)

    /// How many bytes it has.
    var count: Int { writer.count }

    /// Begins a payload.
    mutating func begin(timestamp: UInt64?) {
        writer.removeAll()
        if let timestamp { writer.field(Field.timestamp, varint: timestamp) }
    }

    /// Adds a metric.
    mutating func metric(
        name: String? = nil, alias: UInt32? = nil, timestamp: UInt64?,
        datatype: SparkplugDatatype? = nil, isHistorical: Bool = false,
        properties: Properties = Properties(), _ content: Content
    ) {
        let place = writer.begin(Field.metrics)
        if let name { writer.field(MetricField.name, name) }
        if let alias { writer.field(MetricField.alias, varint: UInt64(alias)) }
        if let timestamp { writer.field(MetricField.timestamp, varint: timestamp) }
        if let datatype {
            writer.field(MetricField.datatype, varint: UInt64(datatype.rawValue))
        }
        if isHistorical { writer.field(MetricField.isHistorical, varint: 1) }
        if case .null = content { writer.field(MetricField.isNull, varint: 1) }
        if !properties.isEmpty { write(properties) }
        write(content)
        writer.end(place)
    }

    private mutating func write(_ content: Content) {
        switch content {
        case .null: break
        case .long(let bits): writer.field(MetricField.long, varint: bits)
        case .double(let bits): writer.field(MetricField.double, fixed64: bits)
        case .boolean(let value): writer.field(MetricField.boolean, varint: value ? 1 : 0)
        case .string(let text): writer.field(MetricField.string, text)
        }
    }

    /// Ends a payload and returns it, compressed if that makes it smaller.
    mutating func end(
        seq: UInt8?, compression: SparkplugOptions.Compression = .none, timestamp: UInt64? = nil
    ) -> [UInt8] {
        if let seq { writer.field(Field.seq, varint: UInt64(seq)) }
        guard let format = compression.format, writer.count >= Self.leastCompressed,
            let body = Deflate.compress(writer.bytes, format)
        else { return Array(writer.bytes) }
        var envelope = ProtobufWriter(capacity: body.count + 128)
        if let timestamp { envelope.field(Field.timestamp, varint: timestamp) }
        envelope.field(Field.metrics) { metric in
            metric.field(MetricField.name, "algorithm")
            metric.field(
                MetricField.datatype, varint: UInt64(SparkplugDatatype.string.rawValue))
            metric.field(MetricField.string, compression.rawValue.uppercased())
        }
        if let seq { envelope.field(Field.seq, varint: UInt64(seq)) }
        envelope.field(Field.uuid, Self.compressedUUID)
        envelope.field(Field.body, bytes: body)
        return envelope.count < writer.count ? Array(envelope.bytes) : Array(writer.bytes)
    }
}

// MARK: Properties

extension SparkplugPayload {
    /// The fields of a property set and of a property.
    private enum PropertyField {
        static let keys: UInt8 = 1
        static let values: UInt8 = 2
        static let type: UInt8 = 1
        static let int: UInt8 = 3
        static let string: UInt8 = 8
    }

    private mutating func write(_ properties: Properties) {
        writer.field(MetricField.properties) { set in
            if properties.quality != nil { set.field(PropertyField.keys, "Quality") }
            if let reason = properties.reason { set.field(PropertyField.keys, reason.name) }
            if properties.unit != .none { set.field(PropertyField.keys, "engUnit") }
            if properties.clock != nil { set.field(PropertyField.keys, "Clock") }
            if let note = properties.note { set.field(PropertyField.keys, note.name) }
            if let quality = properties.quality {
                set.field(PropertyField.values) {
                    $0.field(
                        PropertyField.type, varint: UInt64(SparkplugDatatype.int32.rawValue))
                    $0.field(PropertyField.int, varint: quality.sparkplugCode)
                }
            }
            if let reason = properties.reason { Self.write(reason.text, to: &set) }
            if properties.unit != .none { Self.write(properties.unit.symbol, to: &set) }
            if let clock = properties.clock { Self.write(clock, to: &set) }
            if let note = properties.note { Self.write(note.text, to: &set) }
        }
    }

    private static func write(_ text: String, to set: inout ProtobufWriter) {
        set.field(PropertyField.values) {
            $0.field(PropertyField.type, varint: UInt64(SparkplugDatatype.string.rawValue))
            $0.field(PropertyField.string, text)
        }
    }
}

extension SparkplugPayload.Properties {
    /// Why the quality is not good, in words.
    fileprivate var reason: (name: String, text: String)? {
        guard let quality, !quality.isGood else { return nil }
        return ("Reason", quality.name)
    }
}

extension SparkplugOptions.Compression {
    fileprivate var format: Deflate.Format? {
        switch self {
        case .none: nil
        case .gzip: .gzip
        case .deflate: .zlib
        }
    }
}
