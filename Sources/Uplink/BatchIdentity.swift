import Telemetry

/// Which readings a message carries, as every session that keeps identities tells it: (gateway,
/// epoch, sequence) names one reading for ever.
public struct BatchIdentity: Equatable, Sendable {
    /// The epoch: journal id and number.
    public var epoch: String
    /// The sequence number from which on the message stands.
    public var first: UInt64
    /// How many numbers it stands for.
    public var count: UInt64
    /// Which of them are there, where a filter has left some out: runs of `offset` or
    /// `offset+length`, counted from `first`, as in `0+4,7,9+12`. Nil if all are.
    public var numbers: String?

    /// What some items of a batch are.
    public init(of batch: OutboundBatch, items: Range<Int>) {
        epoch = batch.epoch.description
        first = batch.sequence(of: items.lowerBound)
        count = batch.sequence(of: items.upperBound) - first
        numbers = batch.selection.map { Self.runs($0, items, from: first - batch.firstSequence) }
    }

    /// As MQTT 5 user properties, with the gateway's name.
    public func properties(gateway: String) -> [(name: String, value: String)] {
        var properties = [
            (name: "gateway", value: gateway), ("epoch", epoch), ("first", String(first)),
            ("count", String(count)),
        ]
        if let numbers { properties.append(("numbers", numbers)) }
        return properties
    }

    private static func runs(
        _ selection: OutboundBatch.Selection, _ items: Range<Int>, from first: UInt64
    ) -> String {
        var runs: [(start: UInt64, length: Int)] = []
        for item in items where item < selection.offsets.count {
            let offset = UInt64(selection.offsets[item]) - first
            if let last = runs.last, last.start + UInt64(last.length) == offset {
                runs[runs.count - 1].length += 1
            } else {
                runs.append((offset, 1))
            }
        }
        return runs.map { $0.length == 1 ? "\($0.start)" : "\($0.start)+\($0.length)" }
            .joined(separator: ",")
    }
}
