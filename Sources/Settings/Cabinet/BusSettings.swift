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
    }

    /// What kind of bus it is.
    public var kind: Kind
    /// How long to wait for an answer, 10 ms to 1 min; 500 ms unless given.
    public var responseTimeout: Duration

    private enum CodingKeys: CodingKey { case modbusTcp, modbusRtu, modbusRtuTcp, responseTimeout }
    private static let kinds = ["modbus-tcp", "modbus-rtu", "modbus-rtu-tcp"]

    private struct TCP: Decodable {
        var host: String
        var port: UInt16?
    }

    /// Serial servers have no registered port: it is to be given.
    private struct SerialServer: Decodable {
        var host: String
        var port: UInt16
    }

    public init(from decoder: any Decoder) throws {
        let node = try decoder.singleValueContainer().decode(SettingsNode.self)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        responseTimeout =
            try container.decodeIfPresent(Duration.self, forKey: .responseTimeout)
            ?? .milliseconds(500)
        let tcp = try container.decodeIfPresent(TCP.self, forKey: .modbusTcp)
        let serial = try container.decodeIfPresent(SerialSettings.self, forKey: .modbusRtu)
        let server = try container.decodeIfPresent(SerialServer.self, forKey: .modbusRtuTcp)
        if let serial {
            kind = .modbusRTU(serial)
        } else if let server {
            kind = .modbusRTUOverTCP(host: server.host, port: server.port)
        } else {
            kind = .modbusTCP(host: tcp?.host ?? "", port: tcp?.port ?? 502)
        }
        let given = node.keys.filter(Self.kinds.contains)
        if !node.isAbsent, given.count != 1 {
            node.problem(
                given.isEmpty
                    ? "\(node.subject) does not say what kind of bus it is"
                    : "\(node.subject) is more than one kind of bus: \(given.joined(separator: ", "))",
                mend: "write one of: " + Self.kinds.map { $0 + ": {...}" }.joined(separator: ", "))
        }
    }
}
