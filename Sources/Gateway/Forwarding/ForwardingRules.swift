import Telemetry

/// How readings are put into messages.
public struct ForwardingRules: Sendable, Hashable {
    /// Whose word lets go of a reading.
    public enum Acknowledgement: Sendable {
        /// The broker's: PUBACK.
        case broker
        /// The platform's: its watermark.
        case platform
    }

    /// The most readings in one message.
    public var batchReadings: Int
    /// The longest payload, in bytes.
    public var batchBytes: Int
    /// How long a reading waits for others to share its message.
    public var batchAge: Duration
    /// The most messages that are sent and not yet acknowledged.
    public var window: Int
    /// How readings of an outage are sent.
    public var backlog: BacklogRules
    /// Whose word lets go of a reading.
    public var acknowledgement: Acknowledgement

    /// Rules for messages.
    public init(
        batchReadings: Int, batchBytes: Int, batchAge: Duration, window: Int,
        backlog: BacklogRules = BacklogRules(), acknowledgement: Acknowledgement = .broker
    ) {
        self.batchReadings = batchReadings
        self.batchBytes = batchBytes
        self.batchAge = batchAge
        self.window = window
        self.backlog = backlog
        self.acknowledgement = acknowledgement
    }
}
