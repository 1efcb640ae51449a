import CLinux
import Telemetry

/// What a connection has carried since it was made, over all its links.
public struct LinkStatistics: Sendable {
    /// Bytes that TCP has sent: TLS, headers and what was sent again with them (tcp(7),
    /// `tcpi_bytes_sent`).
    public internal(set) var bytesSent: UInt64 = 0
    /// Bytes that TCP has received.
    public internal(set) var bytesReceived: UInt64 = 0
    /// Messages handed over to be sent.
    public internal(set) var publishes: UInt64 = 0
    /// Messages that the broker has acknowledged (QoS 1).
    public internal(set) var acknowledged: UInt64 = 0
    /// Messages that the broker has refused, or the library for it.
    public internal(set) var refused: UInt64 = 0
    /// Connections that a broker has accepted.
    public internal(set) var links: UInt64 = 0
    /// Brokers that could not be connected to, counted at each try.
    public internal(set) var failedTries: UInt64 = 0
    /// Why the brokers before the present one were not back when they were last looked at; nil
    /// on the first, or before the first look.
    public internal(set) var preferredFailure: ConnectionFailure?
    /// From the publish of a message to its acknowledgement.
    public internal(set) var roundTrips = LatencyHistogram()

    /// Nothing yet.
    public init() {}

    /// What half of the last thousand round trips did not exceed, at most 9 % off, from 100 us to
    /// 104 s; nil before the first.
    public var roundTripMedian: Duration? { roundTrips.percentile(0.5) }
    /// What 95 % of them did not exceed.
    public var roundTrip95: Duration? { roundTrips.percentile(0.95) }
}

/// What one TCP connection has carried, and how much of it is counted already.
struct WireBytes {
    private var sent: UInt64 = 0
    private var received: UInt64 = 0

    /// Counts what is new. A closed socket has nothing to say.
    mutating func count(of socket: Int32, into statistics: inout LinkStatistics) {
        let before = self
        guard socket >= 0, clinux_tcp_bytes(socket, &sent, &received) == 0 else { return }
        statistics.bytesSent += sent - min(sent, before.sent)
        statistics.bytesReceived += received - min(received, before.received)
    }
}
