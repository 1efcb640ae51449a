import Telemetry

/// SenML JSON (RFC 8428).
public struct SenMLSession: UplinkSession {
    /// A session for the gateway of this name; the points of its batches are in `points`.
    public init(gateway: String, points: PointTable, version: String) {
    }

    public mutating func encode(
        _ batch: OutboundBatch, from offset: Int, in context: EncodingContext
    ) -> EncodedBatch? {
        nil
    }

    public func birth(epoch: Epoch) -> OutboundMessage { will }

    public var will: OutboundMessage { OutboundMessage(topic: "", payload: []) }
}
