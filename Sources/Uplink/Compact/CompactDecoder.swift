import Telemetry

/// Reads the compact payloads of one gateway, or of any number of them: keeps their dictionaries
/// by name, those of earlier runs too, and finds the points of readings.
public struct CompactDecoder: Sendable {
    /// What a payload brought.
    public enum Delivery: Sendable {
        /// Readings, and the point of each.
        case readings(CompactReadings, points: [Point])
        /// Readings that were given up.
        case gap(CompactGap)
        /// Points that are known from now on.
        case dictionary(CompactDictionary)
    }

    /// How many dictionaries are kept unless said otherwise.
    public static let defaultDictionaryLimit = 1024
    /// How many points all of them have together, at most, unless said otherwise.
    public static let defaultPointLimit = 1 << 20

    private let dictionaryLimit: Int
    private let pointLimit: Int
    private var dictionaries: [Epoch: [UInt32: Point]] = [:]
    /// The names, those that were used last at the end.
    private var order: [Epoch] = []
    private var pointCount = 0

    /// A decoder without dictionaries. Of more than the limits allow, those go that were not used
    /// for the longest time.
    public init(
        dictionaryLimit: Int = defaultDictionaryLimit, pointLimit: Int = defaultPointLimit
    ) {
        self.dictionaryLimit = max(dictionaryLimit, 1)
        self.pointLimit = max(pointLimit, CompactDictionary.largestCount)
    }

    /// The names of the dictionaries that are kept, those used last at the end.
    public var dictionaryNames: [Epoch] { order }

    /// Reads a payload from `armadio/{gateway}/telemetry` or `armadio/{gateway}/dictionary/#`.
    ///
    /// - Throws: `.unknownPoints` if it names points that no dictionary has brought yet: to be
    ///   kept, or not acknowledged, until it comes.
    public mutating func read(_ payload: [UInt8]) throws(CompactFlaw) -> Delivery {
        switch try CompactPayload(decoding: payload) {
        case .dictionary(let part):
            take(part)
            return .dictionary(part)
        case .gap(let gap): return .gap(gap)
        case .readings(let readings):
            let points = try points(of: readings)
            if dictionaries[readings.dictionary] != nil { use(readings.dictionary) }
            return .readings(readings, points: points)
        }
    }

    private func points(of readings: CompactReadings) throws(CompactFlaw) -> [Point] {
        let known = dictionaries[readings.dictionary]
        var points: [Point] = []
        points.reserveCapacity(readings.points.count)
        for number in readings.points {
            guard let point = number == CompactDictionary.noPoint ? .unknown : known?[number] else {
                throw .unknownPoints(dictionary: readings.dictionary)
            }
            points.append(point)
        }
        return points
    }

    private mutating func take(_ part: CompactDictionary) {
        use(part.name)
        for (index, point) in part.points.enumerated() {
            let number = part.first + UInt32(index)
            if dictionaries[part.name, default: [:]].updateValue(point, forKey: number) == nil {
                pointCount += 1
            }
        }
        while order.count > dictionaryLimit || pointCount > pointLimit && order.count > 1 {
            pointCount -= dictionaries.removeValue(forKey: order.removeFirst())?.count ?? 0
        }
    }

    private mutating func use(_ name: Epoch) {
        guard order.last != name else { return }
        order.removeAll { $0 == name }
        order.append(name)
    }
}

extension Point {
    /// What stands for a number that no point has.
    static let unknown = Point(device: "unknown", name: "unknown")
}
