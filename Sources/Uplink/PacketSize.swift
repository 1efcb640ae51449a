extension OutboundMessage {
    /// How many bytes its PUBLISH has (MQTT 5 section 3.3). A property that the library leaves out
    /// is counted.
    func packetBytes(_ version: ProtocolVersion) -> Int {
        var length = 2 + topic.utf8.count + payload.count
        if qos == .atLeastOnce { length += 2 }
        if version == .v5 { length += Self.varIntBytes(propertyBytes) + propertyBytes }
        return 1 + Self.varIntBytes(length) + length
    }

    private var propertyBytes: Int {
        var length = 0
        if let contentType { length += 3 + contentType.utf8.count }
        if !correlation.isEmpty { length += 3 + correlation.count }
        for (name, value) in userProperties { length += 5 + name.utf8.count + value.utf8.count }
        return length
    }

    /// A variable byte integer (MQTT 5 section 1.5.5).
    private static func varIntBytes(_ value: Int) -> Int {
        switch value {
        case ..<0x80: 1
        case ..<0x4000: 2
        case ..<0x20_0000: 3
        default: 4
        }
    }
}
