import Telemetry

/// The points of a frame's readings in the order of their ids, which is mostly that of a poll,
/// and where the values of each stand when they are brought together.
struct PointGrouping {
    /// The points.
    private(set) var ids: [PointID] = []
    /// For each reading the index of its point.
    private(set) var order: [Int] = []
    private var counts: [Int] = []
    private var starts: [Int] = []
    private var filled: [Int] = []
    private var doubles: [Int] = []
    /// By point id: its index and one more, or 0.
    private var local: [Int32] = []

    mutating func group(_ points: [PointID]) {
        findIDs(of: points)
        order.removeAll(keepingCapacity: true)
        counts.removeAll(keepingCapacity: true)
        counts += repeatElement(0, count: ids.count)
        for id in points {
            let index = Int(local[Int(id.index)]) - 1
            order.append(index)
            counts[index] += 1
        }
    }

    private mutating func findIDs(of points: [PointID]) {
        for id in ids { local[Int(id.index)] = 0 }
        ids.removeAll(keepingCapacity: true)
        var isSorted = true
        for id in points {
            let place = Int(id.index)
            if place >= local.count {
                local += repeatElement(0, count: max(place + 1 - local.count, local.count))
            }
            guard local[place] == 0 else { continue }
            if let last = ids.last, last.index > id.index { isSorted = false }
            ids.append(id)
            local[place] = Int32(ids.count)
        }
        guard !isSorted else { return }
        ids.sort { $0.index < $1.index }
        for (index, id) in ids.enumerated() { local[Int(id.index)] = Int32(index + 1) }
    }

    /// Lays out a place for each reading of each point.
    mutating func beginValues() {
        starts.removeAll(keepingCapacity: true)
        var start = 0
        for count in counts {
            starts.append(start)
            start += count
        }
        filled = starts
        doubles.removeAll(keepingCapacity: true)
        doubles += repeatElement(0, count: counts.count)
    }

    /// Where the value of a reading goes.
    @inline(__always)
    mutating func nextPlace(at reading: Int, isDouble: Bool) -> Int {
        let point = order[reading]
        let place = filled[point]
        filled[point] += 1
        if isDouble { doubles[point] += 1 }
        return place
    }

    /// Where the values of a point are.
    func range(of point: Int) -> Range<Int> { starts[point]..<filled[point] }

    /// Whether all values of a point are doubles.
    func isDouble(_ point: Int) -> Bool { doubles[point] == range(of: point).count }
}
