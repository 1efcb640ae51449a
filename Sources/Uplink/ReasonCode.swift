/// A reason code of MQTT 5 (section 2.4). 0x80 and above are failures.
public struct ReasonCode: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    /// The code's byte.
    public var rawValue: UInt8

    /// The reason code with this byte.
    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// 0x00.
    public static let success = ReasonCode(rawValue: 0x00)
    /// 0x84: the broker does not speak this version.
    public static let unsupportedProtocolVersion = ReasonCode(rawValue: 0x84)
    /// 0x86.
    public static let badUserNameOrPassword = ReasonCode(rawValue: 0x86)
    /// 0x87: an access rule forbids it.
    public static let notAuthorized = ReasonCode(rawValue: 0x87)
    /// 0x80.
    public static let unspecified = ReasonCode(rawValue: 0x80)
    /// 0x90.
    public static let topicNameInvalid = ReasonCode(rawValue: 0x90)
    /// 0x9A.
    public static let retainNotSupported = ReasonCode(rawValue: 0x9A)
    /// 0x9B.
    public static let qosNotSupported = ReasonCode(rawValue: 0x9B)
    /// 0x95: split the batch.
    public static let packetTooLarge = ReasonCode(rawValue: 0x95)
    /// 0x97: wait and try again.
    public static let quotaExceeded = ReasonCode(rawValue: 0x97)

    /// Whether it says that the request was not carried out.
    public var isFailure: Bool { rawValue >= 0x80 }

    /// The standard's name.
    public var name: String { ReasonCode.names[rawValue] ?? "unknown reason" }

    /// The name and the code's hexadecimal form.
    public var description: String {
        name + " (0x" + (rawValue < 16 ? "0" : "") + String(rawValue, radix: 16) + ")"
    }

    private static let names: [UInt8: String] = [
        0x00: "success", 0x04: "disconnect with will message", 0x10: "no matching subscribers",
        0x11: "no subscription existed", 0x18: "continue authentication",
        0x19: "re-authenticate", 0x80: "unspecified error", 0x81: "malformed packet",
        0x82: "protocol error", 0x83: "implementation specific error",
        0x84: "unsupported protocol version", 0x85: "client identifier not valid",
        0x86: "bad user name or password", 0x87: "not authorized", 0x88: "server unavailable",
        0x89: "server busy", 0x8A: "banned", 0x8B: "server shutting down",
        0x8C: "bad authentication method", 0x8D: "keep alive timeout",
        0x8E: "session taken over", 0x8F: "topic filter invalid", 0x90: "topic name invalid",
        0x91: "packet identifier in use", 0x92: "packet identifier not found",
        0x93: "receive maximum exceeded", 0x94: "topic alias invalid", 0x95: "packet too large",
        0x96: "message rate too high", 0x97: "quota exceeded", 0x98: "administrative action",
        0x99: "payload format invalid", 0x9A: "retain not supported", 0x9B: "QoS not supported",
        0x9C: "use another server", 0x9D: "server moved",
        0x9E: "shared subscriptions not supported", 0x9F: "connection rate exceeded",
        0xA0: "maximum connect time", 0xA1: "subscription identifiers not supported",
        0xA2: "wildcard subscriptions not supported",
    ]
}
