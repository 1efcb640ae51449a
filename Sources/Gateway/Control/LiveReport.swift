/// A point of the configuration, and its last reading.
public struct PointReport: Codable, Sendable, Hashable {
    /// The point, as DEVICE/POINT.
    public var point: String
    /// The symbol of its unit; empty for none.
    public var unit: String
    /// Whether `armadio write` may set it.
    public var isWritable: Bool
    /// Whether its changes are committed and sent at once.
    public var isUrgent: Bool
    /// How often it is read, in seconds; nil if it comes by itself.
    public var intervalSeconds: Double?
    /// Its value; nil if the quality is not `good`, or if there was no reading yet.
    public var value: ControlValue?
    /// Whether the value is good, and why not; nil if there was no reading yet.
    public var quality: String?
    /// How long ago that was read, in seconds; nil if there was no reading yet.
    public var ageSeconds: Double?

    /// A point.
    public init(
        point: String, unit: String, isWritable: Bool, isUrgent: Bool, intervalSeconds: Double?,
        value: ControlValue? = nil, quality: String? = nil, ageSeconds: Double? = nil
    ) {
        self.point = point
        self.unit = unit
        self.isWritable = isWritable
        self.isUrgent = isUrgent
        self.intervalSeconds = intervalSeconds
        self.value = value
        self.quality = quality
        self.ageSeconds = ageSeconds
    }
}

/// One look at the gateway, in a stream of them. A client that does not keep up misses looks, and
/// no change: the next one has all that changed since the last that it was sent.
public struct LiveFrame: Codable, Sendable {
    /// A point with a new reading.
    public struct Change: Codable, Sendable, Hashable {
        /// Which of the points, counted from 0.
        public var index: Int
        /// As in `PointReport`.
        public var value: ControlValue?
        public var quality: String
        public var ageSeconds: Double

        /// A change.
        public init(index: Int, value: ControlValue?, quality: String, ageSeconds: Double) {
            self.index = index
            self.value = value
            self.quality = quality
            self.ageSeconds = ageSeconds
        }
    }

    /// All points, in the order of the configuration: in the first frame, and in the first after
    /// another configuration.
    public var points: [PointReport]?
    /// What was read since the frame before; empty beside `points`.
    public var changes: [Change]
    /// How the gateway is doing.
    public var status: StatusReport

    /// A look.
    public init(points: [PointReport]?, changes: [Change], status: StatusReport) {
        self.points = points
        self.changes = changes
        self.status = status
    }
}

/// What was read of a point lately, in equal pieces of time.
public struct HistoryReport: Codable, Sendable, Hashable {
    /// A piece of time.
    public struct Bucket: Codable, Sendable, Hashable {
        /// How long ago it ended, in seconds; 0 for the one that is not over.
        public var endedSecondsAgo: Double
        /// The least, the largest and the last good value; nil if there was none. A state counts as
        /// 0 or 1.
        public var minimum: Double?
        public var maximum: Double?
        public var last: Double?
        /// How many readings were good, and how many not.
        public var good: Int
        public var bad: Int

        /// A piece.
        public init(
            endedSecondsAgo: Double, minimum: Double?, maximum: Double?, last: Double?, good: Int,
            bad: Int
        ) {
            self.endedSecondsAgo = endedSecondsAgo
            self.minimum = minimum
            self.maximum = maximum
            self.last = last
            self.good = good
            self.bad = bad
        }
    }

    /// The point, as DEVICE/POINT.
    public var point: String
    /// The symbol of its unit; empty for none.
    public var unit: String
    /// How long a piece is, in seconds.
    public var bucketSeconds: Double
    /// The oldest first; pieces in which nothing was read are there too.
    public var buckets: [Bucket]

    /// A history.
    public init(point: String, unit: String, bucketSeconds: Double, buckets: [Bucket]) {
        self.point = point
        self.unit = unit
        self.bucketSeconds = bucketSeconds
        self.buckets = buckets
    }
}

/// A line of the gateway's log.
public struct LogLine: Codable, Sendable, Hashable {
    /// Its number since the start, from 0.
    public var number: UInt64
    /// How long ago it was written, in seconds.
    public var ageSeconds: Double
    /// `error`, `warning`, `notice`, `info`.
    public var level: String
    /// What it says.
    public var text: String
    /// What belongs to it, by name, such as its device; nil for nothing.
    public var fields: [String: String]?

    /// A line.
    public init(
        number: UInt64, ageSeconds: Double, level: String, text: String,
        fields: [String: String]? = nil
    ) {
        self.number = number
        self.ageSeconds = ageSeconds
        self.level = level
        self.text = text
        self.fields = fields
    }
}

extension LogLine {
    /// The line as one JSON object on one line; nil if it cannot be one.
    public var jsonLine: String? {
        let bytes = ControlCoding.encode(self).dropLast()
        return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
    }
}
