import Telemetry

/// Where the gateway's own figures can be had, in the text that Prometheus reads:
/// `metrics: {listen: 127.0.0.1:9464}`, or `metrics: off`.
///
/// There is always a Unix socket, for root and the group `armadio`, unless this says `off`; a TCP
/// port only if one is named.
public struct MetricsSettings: Hashable, Sendable, Decodable {
    /// Whether they are served at all.
    public var isOn = true
    /// The Unix socket, an absolute path of at most 107 bytes; `metrics.sock` beside the control
    /// socket if nil.
    public var socket: String?
    /// The address to listen on; none if nil.
    public var listen: ListenAddress?

    private enum CodingKeys: CodingKey { case socket, listen }

    /// What `metrics: WORD` may say.
    private enum Switch: String, CaseIterable, Decodable { case off, on }

    /// The defaults.
    public init() {}

    public init(from decoder: any Decoder) throws {
        let node = try decoder.singleValueContainer().decode(SettingsNode.self)
        if node.text != nil {
            isOn = try decoder.singleValueContainer().decode(Switch.self) == .on
            return
        }
        let container = try decoder.container(keyedBy: CodingKeys.self)
        socket = try container.decodeIfPresent(String.self, forKey: .socket)
        listen = try container.decodeIfPresent(ListenAddress.self, forKey: .listen)
    }

    /// The path of the Unix socket of a gateway with this control socket; nil if there is none.
    public func socketPath(control: String) -> String? {
        guard isOn else { return nil }
        let folder = control.lastIndex(of: "/").map { control[...$0] } ?? ""
        return socket ?? folder + "metrics.sock"
    }
}

/// Where a TCP port is opened: `ADDRESS:PORT`, the address as numbers.
///
/// No name: it could come to mean another address than the one that was thought of. And no port
/// alone: who wants all addresses says so.
public struct ListenAddress: Hashable, Sendable, CustomStringConvertible {
    /// An IPv4 or IPv6 address; the latter without its brackets.
    public var host: String
    /// The port.
    public var port: UInt16

    /// This address and port.
    public init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    public var description: String {
        (host.contains(":") ? "[\(host)]" : host) + ":\(port)"
    }
}

extension ListenAddress: TextScalar {
    public static var placeholder: ListenAddress { ListenAddress(host: "127.0.0.1", port: 9464) }

    /// Reads the address.
    public init(text: String) throws(TextScalarError) {
        guard let colon = text.lastIndex(of: ":"), !text.hasSuffix("]") else {
            let isPort = !text.isEmpty && text.utf8.allSatisfy { (48...57).contains($0) }
            throw Self.refusal(
                text, "the \(isPort ? "address" : "port") is missing",
                mend: isPort ? "write 127.0.0.1:\(text.prefix(5))" : "write \(text.prefix(64)):9464"
            )
        }
        guard let port = UInt16(text[text.index(after: colon)...]), port > 0 else {
            throw Self.refusal(text, "the port is 1 to 65535")
        }
        self.port = port
        let host = text[..<colon]
        guard let address = Self.address(host) else {
            throw Self.refusal(
                text, "`\(host.prefix(80))` is no IP address",
                mend: host == "localhost"
                    ? "write 127.0.0.1:\(port)"
                    : "write the numbers, such as 127.0.0.1:\(port) or [::1]:\(port)")
        }
        self.host = address
    }

    /// The address without brackets; nil if it is none.
    private static func address(_ host: Substring) -> String? {
        if host.hasPrefix("["), host.hasSuffix("]") {
            let inner = host.dropFirst().dropLast()
            let isAddress = inner.contains(":") && inner.utf8.allSatisfy(isHexadecimalOrSign)
            return isAddress ? String(inner) : nil
        }
        let numbers = host.split(separator: ".", omittingEmptySubsequences: false)
        return numbers.count == 4 && numbers.allSatisfy { UInt8($0) != nil } ? String(host) : nil
    }

    private static func isHexadecimalOrSign(_ byte: UInt8) -> Bool {
        switch byte {
        case 48...57, 65...70, 97...102, UInt8(ascii: ":"), UInt8(ascii: "."): true
        default: false
        }
    }

    private static func refusal(
        _ text: String, _ reason: String, mend: String = "write it like 127.0.0.1:9464"
    ) -> TextScalarError {
        TextScalarError("`\(text)` is not an address to listen on: \(reason)", mend: mend)
    }
}
