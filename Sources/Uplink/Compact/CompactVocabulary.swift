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
    func part(of id: PointID) -> Int? {
        points[id] == nil ? nil : Int(id.index) / CompactVocabulary.size
    }

    /// Forgets what was told; answers all parts with these points, and with those that readings
    /// have had before.
    mutating func restart(with roster: some Sequence<PointID>) -> [Part] {
        (told, growths) = ([], [:])
        wanted.formUnion(roster.compactMap { part(of: $0) })
        return wanted.sorted().map { tell($0) }
    }

    /// Whether a point has been told.
    @inline(__always)
    func isTold(_ id: PointID) -> Bool {
        let (part, place) = Int(id.index).quotientAndRemainder(dividingBy: CompactVocabulary.size)
        return part < told.count && place < told[part]
    }

    /// The parts to be told before readings that have these, the first of which has this sequence
    /// number: those that have grown, and those that went with the same readings before.
    mutating func parts(for needed: Set<Int>, epoch: Epoch, sequence: UInt64) -> [Part] {
        var parts: [Part] = []
        for index in needed.sorted() {
            let isGrown = index >= told.count || told[index] < count(of: index)
            let isAgain = growths[index].map { $0.epoch == epoch && sequence <= $0.sequence }
            guard isGrown || isAgain == true else { continue }
            parts.append(tell(index))
            growths[index] = Growth(epoch: epoch, sequence: sequence)
        }
        return parts
    }

    /// Whether something was told with a payload since the last birth.
    var hasGrown: Bool { !growths.isEmpty }

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
