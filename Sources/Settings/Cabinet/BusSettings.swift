import Telemetry

/// A bus: its kind, how it is reached, and how long an answer may take.
public struct BusSettings: Hashable, Sendable, Decodable {
    /// The kinds of bus, each by its key in the file.
    public enum Kind: Hashable, Sendable {
        /// `modbus-tcp: {host, port}`; the registered port is 502.
        case modbusTCP(host: String, port: UInt16)
        /// `modbus-rtu: {port, baud, parity, stop-bits, rs485}`.
        case modbusRTU(SerialSettings)
        /// `modbus-rtu-tcp: {host, port}`: RTU's frames on a TCP connection to a serial server.
        case modbusRTUOverTCP(host: String, port: UInt16)
        /// `i2c: {path}`: an adapter of the kernel, such as `/dev/i2c-1`, or the name that the
        /// board's profile has for it.
        case i2c(path: String)
    }

    /// What kind of bus it is.
    public var kind: Kind
    /// How long to wait for an answer, 10 ms to 1 min; 500 ms unless given, 100 ms on I2C.
    public var responseTimeout: Duration

    private enum CodingKeys: CodingKey {
        case modbusTcp, modbusRtu, modbusRtuTcp, i2c, responseTimeout
    }
    private static let kinds = ["modbus-tcp", "modbus-rtu", "modbus-rtu-tcp", "i2c"]

    private struct TCP: Decodable {
        /// Its name or address.
        var host: String
        /// 502 unless given.
        var port: UInt16?
    }

    private struct I2C: Decodable {
        /// The adapter's device node, or the name that the board's profile has for it.
        var path: String
    }

    /// Serial servers have no registered port: it is to be given.
    private struct SerialServer: Decodable {
        /// Its name or address.
        var host: String
        /// The port that leads to the line.
        var port: UInt16
    }

    public init(from decoder: any Decoder) throws {
        let node = try decoder.singleValueContainer().decode(SettingsNode.self)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        kind = try Self.kind(container)
        responseTimeout =
            try container.decodeIfPresent(Duration.self, forKey: .responseTimeout)
            ?? kind.usualTimeout
        let given = node.keys.filter(Self.kinds.contains)
        if !node.isAbsent, given.count != 1 {
            node.problem(
                given.isEmpty
                    ? "\(node.subject) does not say what kind of bus it is"
                    : "\(node.subject) is more than one kind of bus: \(given.joined(separator: ", "))",
                mend: "write one of: " + Self.kinds.map { $0 + ": {...}" }.joined(separator: ", "))
        }
    }

    private static func kind(_ container: KeyedDecodingContainer<CodingKeys>) throws -> Kind {
        let tcp = try container.decodeIfPresent(TCP.self, forKey: .modbusTcp)
        if let serial = try container.decodeIfPresent(SerialSettings.self, forKey: .modbusRtu) {
            return .modbusRTU(serial)
        }
        if let server = try container.decodeIfPresent(SerialServer.self, forKey: .modbusRtuTcp) {
            return .modbusRTUOverTCP(host: server.host, port: server.port)
        }
        if let i2c = try container.decodeIfPresent(I2C.self, forKey: .i2c) {
            return .i2c(path: i2c.path)
        }
        return .modbusTCP(host: tcp?.host ?? "", port: tcp?.port ?? 502)
    }
}

extension BusSettings.Kind {
    /// How long an answer may take unless the configuration says otherwise.
    fileprivate var usualTimeout: Duration {
        switch self {
        case .modbusTCP, .modbusRTU, .modbusRTUOverTCP: .milliseconds(500)
        case .i2c: .milliseconds(100)
        }
    }
}
