import Synchronization

/// A point: one named quantity of one device.
public struct Point: Hashable, Sendable {
    /// The device's name in the configuration.
    public var device: String
    /// The point's name, unique within the device.
    public var name: String
    /// The unit of its values.
    public var unit: Unit
    /// Whether its readings are committed and sent at once.
    public var isUrgent: Bool

    /// A point of a device.
    public init(device: String, name: String, unit: Unit = .none, isUrgent: Bool = false) {
        self.device = device
        self.name = name
        self.unit = unit
        self.isUrgent = isUrgent
    }

    /// `device/point`, as commands and messages name it.
    public var path: String { device + "/" + name }
}

/// A point's number in this process's `PointTable`. Means nothing in another process.
public struct PointID: Hashable, Sendable {
    /// The index in the table.
    public var index: UInt32

    /// The point with this index.
    public init(index: UInt32) {
        self.index = index
    }
}

/// Every point that this process has met, each once: a reading then names its point by four
/// bytes. Points are never removed, so an id stays valid for the life of the process.
public final class PointTable: Sendable {
    /// The most points a process can meet. A cabinet has hundreds; what a damaged or foreign
    /// journal brings is bounded by this.
    public static let capacity = 1 << 20

    private struct State {
        var points: [Point] = []
        var ids: [Point: PointID] = [:]
        var urgent: Set<PointID> = []
    }

    private let state = Mutex(State())

    /// An empty table.
    public init() {}

    /// The id of a point, given to it now if it is new; nil when the table is full.
    public func intern(_ point: Point) -> PointID? {
        state.withLock { state in
            if let known = state.ids[point] { return known }
            guard state.points.count < PointTable.capacity else { return nil }
            let id = PointID(index: UInt32(state.points.count))
            state.points.append(point)
            state.ids[point] = id
            if point.isUrgent { state.urgent.insert(id) }
            return id
        }
    }

    /// The point with this id; nil for an id of another table.
    public subscript(id: PointID) -> Point? {
        state.withLock { state in
            Int(id.index) < state.points.count ? state.points[Int(id.index)] : nil
        }
    }

    /// The points with these ids, in order; a nameless one for an id of another table.
    public func points(_ ids: [PointID]) -> [Point] {
        state.withLock { state in
            ids.map { id in
                Int(id.index) < state.points.count
                    ? state.points[Int(id.index)] : Point(device: "", name: "")
            }
        }
    }

    /// Whether one of these points is urgent. Costs next to nothing where no point is.
    public func hasUrgent(among ids: [PointID]) -> Bool {
        state.withLock { state in
            !state.urgent.isEmpty && ids.contains { state.urgent.contains($0) }
        }
    }
}
