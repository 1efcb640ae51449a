import Buses

extension SerialPort {
    /// Data bits, parity and stop bits as in `8N1`.
    public var frame: String {
        switch parity {
        case .none: "8N\(stopBits)"
        case .even: "8E\(stopBits)"
        case .odd: "8O\(stopBits)"
        }
    }
}

extension ModbusEndpoint {
    /// Where it leads, in words.
    public var words: String {
        switch self {
        case .tcp, .rtuOverTCP: address
        case .serial(let port):
            "\(port.path.split(separator: "/").last ?? "") at \(port.baud) baud, \(port.frame)"
        }
    }

    /// Modbus TCP at `host`, `host:port`, `[IPv6]:port` or an IPv6 address alone; nil if it is none.
    public static func tcp(text: String) -> ModbusEndpoint? {
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { return nil }
            let host = String(text[text.index(after: text.startIndex)..<end])
            let rest = text[text.index(after: end)...]
            guard !host.isEmpty, rest.isEmpty || rest.hasPrefix(":") else { return nil }
            return port(rest.dropFirst()).map { .tcp(host: host, port: $0) }
        }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        if parts.count > 2 { return .tcp(host: text, port: 502) }
        guard let host = parts.first, isHost(host) else { return nil }
        return port(parts.dropFirst().first ?? "").map { .tcp(host: String(host), port: $0) }
    }

    /// 502 if none is given.
    private static func port(_ text: Substring) -> UInt16? {
        if text.isEmpty { return 502 }
        return UInt16(text).flatMap { $0 == 0 ? nil : $0 }
    }

    private static func isHost(_ text: Substring) -> Bool {
        !text.isEmpty && text.utf8.count <= 253
            && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-._".contains($0)) }
    }
}
