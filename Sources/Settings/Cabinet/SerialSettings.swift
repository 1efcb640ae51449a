import Telemetry

/// A serial port: `modbus-rtu: {port: /dev/serial/by-id/..., baud: 9600, parity: none}`.
public struct SerialSettings: Hashable, Sendable, Decodable {
    /// How parity is checked.
    public enum Parity: String, CaseIterable, Sendable, Decodable {
        case none, even, odd
    }

    /// Who switches an RS-485 driver between sending and receiving.
    public enum RS485: String, CaseIterable, Sendable, Decodable {
        /// Nobody: RS-232, or an adapter that does so by itself.
        case none
        /// The kernel's serial driver.
        case kernel
        /// This program, by the RTS line.
        case rts
    }

    /// The device node, an absolute path, best one below `/dev/serial/by-id`, which stays the same
    /// over restarts; or the name that the board's profile has for it, such as `rs485-1`.
    public var port: String
    /// Bits a second, 1,200 to 921,600; 9,600 unless given, which most meters ship with. (The
    /// standard's default is 19,200 with even parity: Modbus over Serial Line V1.02, section 2.5.1.)
    public var baud: Int
    /// `none` unless given.
    public var parity: Parity
    /// 1 or 2; 1 unless given.
    public var stopBits: Int
    /// `none` unless given.
    public var rs485: RS485
    /// Extra silence before another device than the last one is asked, 0 to 1 s; none unless given.
    public var turnaround: Duration

    private enum CodingKeys: CodingKey { case port, baud, parity, stopBits, rs485, turnaround }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        port = try container.decode(String.self, forKey: .port)
        baud = try container.decodeIfPresent(Int.self, forKey: .baud) ?? 9600
        parity = try container.decodeIfPresent(Parity.self, forKey: .parity) ?? .none
        stopBits = try container.decodeIfPresent(Int.self, forKey: .stopBits) ?? 1
        rs485 = try container.decodeIfPresent(RS485.self, forKey: .rs485) ?? .none
        turnaround = try container.decodeIfPresent(Duration.self, forKey: .turnaround) ?? .zero
    }
}
