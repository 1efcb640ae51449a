import Telemetry

/// An MQTT broker: `mqtt://HOST[:PORT]` or, with TLS, `mqtts://HOST[:PORT]`.
public struct BrokerAddress: Hashable, Sendable, CustomStringConvertible {
    /// A name or an address; an IPv6 address without its brackets.
    public var host: String
    /// The port; 1883, with TLS 8883, unless given (IANA).
    public var port: UInt16
    /// Whether the connection is encrypted.
    public var usesTLS: Bool

    /// The broker at this host and port.
    public init(host: String, port: UInt16, usesTLS: Bool) {
        self.host = host
        self.port = port
        self.usesTLS = usesTLS
    }

    /// Whether it is on this machine, so that nobody is on the way (RFC 6761, section 6.3).
    public var isThisMachine: Bool {
        host == "localhost" || host == "::1" || host.hasPrefix("127.")
    }

    public var description: String {
        let host = host.contains(":") ? "[\(host)]" : host
        return (usesTLS ? "mqtts://" : "mqtt://") + host + ":" + String(port)
    }
}

extension BrokerAddress: TextScalar {
    public static var placeholder: BrokerAddress {
        BrokerAddress(host: "", port: 1883, usesTLS: false)
    }

    /// Reads the address.
    public init(text: String) throws(TextScalarError) {
        guard !text.contains("@") else {
            throw TextScalarError(
                "the address has a user name in it", mend: "use the keys `username` and `password`")
        }
        if text.hasPrefix("mqtts://") {
            usesTLS = true
        } else if text.hasPrefix("mqtt://") {
            usesTLS = false
        } else {
            let host = text.firstRange(of: "://").map { text[$0.upperBound...] } ?? text[...]
            let example = Self.isExample(host) ? String(host) : "broker.example:8883"
            throw Self.refusal(
                text, "it must begin with mqtt:// or mqtts://",
                mend: "write mqtts://\(example), or mqtt:// without encryption")
        }
        let address = text.dropFirst(usesTLS ? 8 : 7)
        let (host, port) = try Self.split(address, of: text)
        guard !host.isEmpty, host.utf8.count <= 253, host.utf8.allSatisfy(Self.isHostByte) else {
            throw Self.refusal(text, "the host is missing or has a character that no host name has")
        }
        self.host = String(host)
        guard let port else {
            self.port = usesTLS ? 8883 : 1883
            return
        }
        guard port.utf8.allSatisfy({ (48...57).contains($0) }), let number = UInt16(port),
            number > 0
        else { throw Self.refusal(text, "the port is 1 to 65535") }
        self.port = number
    }

    /// Host and port; the host in brackets may have colons.
    private static func split(
        _ address: Substring, of text: String
    ) throws(TextScalarError) -> (Substring, Substring?) {
        let isBracketed = address.hasPrefix("[")
        guard let end = isBracketed ? address.firstIndex(of: "]") : address.endIndex else {
            throw refusal(text, "the `]` behind the address is missing")
        }
        let colon = isBracketed ? address.index(after: end) : address.firstIndex(of: ":") ?? end
        let host = isBracketed ? address[..<end].dropFirst() : address[..<colon]
        guard colon < address.endIndex else { return (host, nil) }
        guard address[colon] == ":" else {
            throw refusal(text, "only `:PORT` can follow the host")
        }
        return (host, address[colon...].dropFirst())
    }

    private static func refusal(
        _ text: String, _ reason: String,
        mend: String = "write it like mqtts://broker.example:8883"
    ) -> TextScalarError {
        TextScalarError("`\(text)` is not a broker's address: \(reason)", mend: mend)
    }

    private static func isExample(_ host: Substring) -> Bool {
        (1...80).contains(host.utf8.count) && host.utf8.allSatisfy(isHostByte)
    }

    private static func isHostByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: "_"), UInt8(ascii: ":"), UInt8(ascii: "%"):
            true
        default: false
        }
    }
}

/// One broker or several: an address, or a list of them.
struct BrokerList: Decodable {
    let addresses: [BrokerAddress]

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let node = try container.decode(SettingsNode.self)
        addresses =
            node.items.isEmpty
            ? [try container.decode(BrokerAddress.self)]
            : try container.decode([BrokerAddress].self)
    }
}
