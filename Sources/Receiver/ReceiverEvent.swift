import Telemetry

/// What a receiver tells of.
public enum ReceiverEvent: Sendable {
    /// It is connected, with this version of MQTT.
    case connected(version: String)
    /// It is not connected, and why; it goes on trying.
    case disconnected(String)
    /// The broker does not let it hear the telemetry.
    case subscriptionRefused(String)
    /// The first readings of a gateway.
    case newGateway(String)
    /// A gateway has declared readings lost.
    case gap(Gap)
    /// How many numbers of an epoch have not come for a while though later ones have; 0 when they
    /// have come.
    case missing(StreamKey, UInt64)
    /// A message was set aside; `more` before it were not told of, there were so many.
    case refused(topic: String, reason: String, more: Int)
    /// The database does not take anything; it is tried again.
    case databaseFailed(String)
    /// The database takes readings again.
    case databaseBack
    /// So many messages in all were too long, and are lost.
    case dropped(UInt64)
}

/// What a receiver has done.
public struct ReceiverTotals: Sendable, Equatable {
    /// Messages that were taken.
    public var messages: UInt64 = 0
    /// Readings that were written.
    public var readings: UInt64 = 0
    /// Readings that were there before.
    public var repeated: UInt64 = 0
    /// Messages that were set aside.
    public var refused: UInt64 = 0
    /// Transactions.
    public var transactions: UInt64 = 0
}
