import Telemetry

/// What a request costs on a bus, so that reads can be planned by what they cost in time.
public struct LinePace: Hashable, Sendable {
    /// How long one byte takes on the line.
    public var byteTime: Duration
    /// What each request costs beside its bytes: silences around the frames on a serial line, a
    /// round trip on a network.
    public var turnaround: Duration
    /// Bytes of a request and of its answer that are not values, together.
    public var overheadBytes: Int

    /// A bus of this pace.
    public init(byteTime: Duration, turnaround: Duration, overheadBytes: Int) {
        self.byteTime = byteTime
        self.turnaround = turnaround
        self.overheadBytes = overheadBytes
    }

    /// Modbus TCP on a local network: 100 Mbit/s, half a millisecond to and fro; 12 bytes of a
    /// request, 9 around the values of its answer.
    public static let network = LinePace(
        byteTime: .nanoseconds(80), turnaround: .microseconds(500), overheadBytes: 21)

    /// Modbus RTU on this port: two silences an exchange; 8 bytes of a request, 5 around the values
    /// of its answer.
    public static func serial(_ port: SerialPort) -> LinePace {
        LinePace(
            byteTime: port.characterTime, turnaround: port.silence * 2, overheadBytes: 13)
    }

    /// How long it takes to read this many bytes of values from a device that needs `delay` to
    /// think.
    public func time(valueBytes: Int, delay: Duration = .zero) -> Duration {
        turnaround + delay + byteTime * (overheadBytes + valueBytes)
    }
}
