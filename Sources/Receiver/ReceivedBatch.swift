import Telemetry

/// One run of one gateway: its readings are numbered from 0.
public struct StreamKey: Hashable, Sendable, CustomStringConvertible {
    /// The gateway's name.
    public var gateway: String
    /// The journal and the number of its start.
    public var epoch: Epoch

    /// A run of a gateway.
    public init(gateway: String, epoch: Epoch) {
        self.gateway = gateway
        self.epoch = epoch
    }

    public var description: String { "\(gateway) \(epoch)" }
}

/// A reading as a message told it.
public struct ReceivedReading: Equatable, Sendable {
    /// Its number in its epoch.
    public var sequence: UInt64
    /// The device's name.
    public var device: String
    /// The point's name.
    public var point: String
    /// The unit (RFC 8428 section 12.1); nil if none was told.
    public var unit: String?
    /// When it was taken; nil if nobody knows.
    public var time: WallTime?
    /// What was said about the gateway's clock (`ClockQuality`); nil if it was synchronized.
    public var clock: String?
    /// The value; nil if the quality is not good.
    public var value: Value?
    /// The word of `Quality`.
    public var quality: String

    /// A reading.
    public init(
        sequence: UInt64, device: String, point: String, unit: String? = nil, time: WallTime?,
        clock: String? = nil, value: Value?, quality: String = Quality.good.name
    ) {
        self.sequence = sequence
        self.device = device
        self.point = point
        self.unit = unit
        self.time = time
        self.clock = clock
        self.value = value
        self.quality = quality
    }
}

/// What one message told.
public struct ReceivedBatch: Equatable, Sendable {
    /// What stands at the numbers.
    public enum Content: Equatable, Sendable {
        /// Readings; those of the span that are not there were left out by the gateway's filter.
        case readings([ReceivedReading])
        /// The gateway has given them up, for this reason (`GapReason`).
        case gap(String)
    }

    /// The run of the gateway.
    public var stream: StreamKey
    /// The numbers that it stands for; not empty, and all below 2**63, as databases have them.
    public var span: Range<UInt64>
    /// What stands there.
    public var content: Content

    var isGap: Bool { if case .gap = content { true } else { false } }

    /// What a message told.
    public init(stream: StreamKey, span: Range<UInt64>, content: Content) {
        self.stream = stream
        self.span = span
        self.content = content
    }
}

/// Why a message was not taken. It is set aside.
public struct Refusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// The reason, in words for whoever looks after the sender.
    public var description: String

    /// A reason.
    public init(_ description: String) {
        self.description = description
    }
}
