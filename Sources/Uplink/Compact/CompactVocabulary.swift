import Telemetry

/// Which points the platform has been told on this link, in parts of fixed bounds: all points of
/// the table whose numbers lie in a part are told together, whoever filters what.
struct CompactVocabulary: Sendable {
    /// Where a part was last sent with a payload: a repetition of that one brings it again.
    private struct Growth {
        var epoch: Epoch
        var sequence: UInt64
    }

    private static let size = CompactDictionary.largestCount

    private let points: PointTable
    /// By part: how many of its points have been told.
    private var told: [Int] = []
    private var growths: [Int: Growth] = [:]
    /// The parts that have been asked for since the start.
    private var wanted: Set<Int> = []

    init(points: PointTable) {
        self.points = points
    }

    /// Which part a point is in; nil if the table has no such point.
    private func part(of id: PointID) -> Int? { points[id] == nil ? nil : number(of: id) }

    /// Forgets what was told; answers all parts with these points, and with those that readings
    /// have had before.
    mutating func restart(with roster: some Sequence<PointID>) -> [Part] {
        (told, growths) = ([], [:])
        wanted.formUnion(roster.compactMap { part(of: $0) })
        return wanted.sorted().map { tell($0) }
    }

    /// Whether a point has been told.
    @inline(__always)
    private func isTold(_ id: PointID) -> Bool {
        let (part, place) = Int(id.index).quotientAndRemainder(dividingBy: CompactVocabulary.size)
        return part < told.count && place < told[part]
    }

    /// The parts to be told before readings, the first of which has this sequence number: those
    /// that they need, and those that went with the same readings before.
    mutating func parts(for need: Need, epoch: Epoch, sequence: UInt64) -> [Part] {
        let again = need.told.filter { part in
            growths[part].map { $0.epoch == epoch && sequence <= $0.sequence } ?? false
        }
        return need.untold.union(again).sorted().map { index in
            growths[index] = Growth(epoch: epoch, sequence: sequence)
            return tell(index)
        }
    }

    /// What the platform has to be told before as many of these readings as need no more than
    /// `limit` parts.
    func need(_ ids: ArraySlice<PointID>, limit: Int) -> Need {
        var need = Need(count: ids.count)
        // Before the first growth nothing that was told can be wanted again.
        let looksAtAll = !growths.isEmpty
        var last = -1
        for index in ids.indices {
            let isTold = isTold(ids[index])
            if isTold, !looksAtAll { continue }
            guard let part = isTold ? number(of: ids[index]) : part(of: ids[index]) else {
                need.hasUnknown = true
                continue
            }
            if part == last, isTold || need.untold.contains(part) { continue }
            if need.told.count + need.untold.count >= limit, !need.has(part) {
                need.count = index - ids.startIndex
                return need
            }
            if isTold { need.told.insert(part) } else { need.untold.insert(part) }
            last = part
        }
        return need
    }

    /// What readings need.
    struct Need {
        /// How many readings it is that need no more.
        var count: Int
        /// The parts with points that have not been told.
        var untold: Set<Int> = []
        /// The parts whose points have been told; none before the first growth.
        var told: Set<Int> = []
        /// Whether there are points that the table does not have.
        var hasUnknown = false

        func has(_ part: Int) -> Bool { told.contains(part) || untold.contains(part) }
    }

    private func number(of id: PointID) -> Int { Int(id.index) / CompactVocabulary.size }

    private func ids(of part: Int) -> Range<UInt32> {
        UInt32(part * CompactVocabulary.size)..<UInt32((part + 1) * CompactVocabulary.size)
    }

    private func count(of part: Int) -> Int {
        ids(of: part).prefix { points[PointID(index: $0)] != nil }.count
    }

    private mutating func tell(_ index: Int) -> Part {
        let found = points.points(ids(of: index).prefix(count(of: index)).map(PointID.init))
        if index >= told.count {
            told += repeatElement(0, count: index + 1 - told.count)
        }
        told[index] = found.count
        wanted.insert(index)
        return Part(index: index, first: ids(of: index).lowerBound, points: found)
    }

    /// Points that are told together.
    struct Part {
        var index: Int
        var first: UInt32
        var points: [Point]
    }
}
