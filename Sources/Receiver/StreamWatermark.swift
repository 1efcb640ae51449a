import Telemetry
import Uplink

/// What the database has of one epoch of a gateway, as it is told to that gateway on
/// `armadio/{gateway}/committed`, QoS 1 and retained:
///
///     {"journal":"0000000000000abc","epoch":3,"committed":1200,"ranges":[[1300,1400]]}
///
/// Every number below `committed` is in the database, was left out by the gateway's filter or
/// declared lost by it; so is each number of `ranges`, from the first to before the second.
public struct StreamWatermark: Equatable, Sendable {
    /// The most ranges told: the newest.
    public static let rangeLimit = 64

    /// The run of the gateway.
    public var stream: StreamKey
    /// The number before which all is there.
    public var committed: UInt64
    /// What is there behind it, rising.
    public var ranges: [Range<UInt64>]

    /// The message that tells it.
    var message: OutboundMessage {
        let pairs = ranges.map { "[\($0.lowerBound),\($0.upperBound)]" }.joined(separator: ",")
        let json =
            "{\"journal\":\"\(stream.epoch.journalDigits)\",\"epoch\":\(stream.epoch.number),"
            + "\"committed\":\(committed),\"ranges\":[\(pairs)]}"
        return OutboundMessage(
            topic: "armadio/\(stream.gateway)/committed", payload: Array(json.utf8), retain: true,
            contentType: "application/json")
    }
}
