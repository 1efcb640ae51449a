import Telemetry

/// Leaves out readings of a point that differ from the last one sent by less than its deadband.
struct DeadbandFilter: Sendable {
    /// A point that does not move is still sent this often: silence is no message.
    static let longestSilence: Duration = .seconds(600)

    /// The least change that is sent, in the point's unit.
    let deadband: Double
    private var last: (value: Double, instant: Instant)?

    init(deadband: Double) {
        self.deadband = deadband
    }

    /// Whether this reading is to be sent. Failed readings and the first good one after them
    /// always are.
    mutating func passes(_ value: Value?, quality: Quality, at instant: Instant) -> Bool {
        guard quality.isGood, let number = value?.number else {
            last = nil
            return true
        }
        if let last, abs(number - last.value) < deadband,
            instant - last.instant < DeadbandFilter.longestSilence
        {
            return false
        }
        last = (number, instant)
        return true
    }
}

extension Value {
    /// The value as a double; nil for a text. 0 and 1 for a bool.
    fileprivate var number: Double? {
        switch self {
        case .bool(let value): value ? 1 : 0
        case .int64(let value): Double(value)
        case .uint64(let value): Double(value)
        case .double(let value): value
        case .string: nil
        }
    }
}
