import Telemetry

/// A serial port as a line's configuration names it. A character is a start bit, 8 data bits, the
/// parity bit and the stop bits (Modbus over Serial Line V1.02, section 2.5.1).
public struct SerialPort: Hashable, Sendable {
    /// How parity is checked.
    public enum Parity: Hashable, Sendable, CaseIterable {
        case none, even, odd
    }

    /// Who switches an RS-485 driver between sending and receiving.
    public enum Direction: Hashable, Sendable, CaseIterable {
        /// Nobody need: RS-232, or an adapter that does so by itself.
        case automatic
        /// The kernel's serial driver (ioctl TIOCSRS485).
        case kernel
        /// This program, by the RTS line: high while it sends.
        case rts
    }

    /// The device node; best one that stays the same over restarts, below `/dev/serial/by-id`.
    public var path: String
    /// Bits a second, a standard rate from 1,200 to 921,600.
    public var baud: Int
    /// How parity is checked.
    public var parity: Parity
    /// 1 or 2.
    public var stopBits: Int
    /// Who switches the direction.
    public var direction: Direction

    /// A port; 9,600 baud, no parity, one stop bit unless given: what most meters ship with.
    public init(
        path: String, baud: Int = 9600, parity: Parity = .none, stopBits: Int = 1,
        direction: Direction = .automatic
    ) {
        self.path = path
        self.baud = baud
        self.parity = parity
        self.stopBits = stopBits
        self.direction = direction
    }

    /// How long one character takes on the wire, with the bits that it really has.
    public var characterTime: Duration {
        .seconds(9 + (parity == .none ? 0 : 1) + stopBits) / max(baud, 1)
    }

    /// The silence that ends a frame: 3.5 characters of 11 bits, and 1.75 ms above 19,200 baud
    /// (Modbus over Serial Line V1.02, section 2.5.1.1).
    public var silence: Duration { Self.silence(baud: baud) }

    /// The silence that ends a frame at this rate.
    public static func silence(baud: Int) -> Duration {
        baud > 19200 ? .microseconds(1750) : .seconds(77) / (2 * max(baud, 1))
    }
}
