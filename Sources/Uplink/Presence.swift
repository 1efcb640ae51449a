import Telemetry

/// What a birth can tell: who is there, which points it has, and how they are now.
public struct Presence: Sendable {
    /// A point of the configuration, in its order.
    public struct RosterPoint: Hashable, Sendable {
        /// The point's id.
        public var id: PointID
        /// The point.
        public var point: Point
        /// Whether the platform may set it: it is `writable`, and listed in `uplink: commands`.
        public var isCommandable: Bool

        /// A point.
        public init(id: PointID, point: Point, isCommandable: Bool = false) {
            self.id = id
            self.point = point
            self.isCommandable = isCommandable
        }
    }

    /// The run of readings that are not urgent.
    public var epoch: Epoch
    /// The link's protocol.
    public var protocolVersion: ProtocolVersion
    /// The number of the CONNECT that made the link, as `will(connect:)` was asked for it.
    public var connect: UInt64
    /// What the clocks show.
    public var clock: ClockAnchor
    /// The points that the configuration has.
    public var roster: [RosterPoint]
    /// What was read last.
    public var latest: LatestReadings

    /// A gateway that is there.
    public init(
        epoch: Epoch, protocolVersion: ProtocolVersion, connect: UInt64, clock: ClockAnchor,
        roster: [RosterPoint] = [], latest: LatestReadings = LatestReadings()
    ) {
        self.epoch = epoch
        self.protocolVersion = protocolVersion
        self.connect = connect
        self.clock = clock
        self.roster = roster
        self.latest = latest
    }
}

/// The last reading of each point since the start, found by the point's index.
public struct LatestReadings: Sendable {
    private var readings: [Reading?] = []

    /// No readings.
    public init() {}

    /// The last reading of a point; nil if there was none since the start.
    public subscript(id: PointID) -> Reading? {
        Int(id.index) < readings.count ? readings[Int(id.index)] : nil
    }

    /// Takes over what is newer.
    public mutating func update(_ batch: ReadingBatch) {
        for index in 0..<batch.count {
            let point = Int(batch.points[index].index)
            guard point < PointTable.capacity else { continue }
            if point >= readings.count {
                readings += [Reading?](repeating: nil, count: point + 1 - readings.count)
            }
            if let known = readings[point], known.instant > batch.instants[index] { continue }
            readings[point] = batch[index]
        }
    }
}
