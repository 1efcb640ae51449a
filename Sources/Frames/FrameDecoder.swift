import Telemetry

extension FrameBody {
    /// The readings of a body, their points given ids of `table`.
    ///
    /// - Throws: `Malformed` if this is not the body of `count` readings, or the table is full.
    package static func decode(
        _ bytes: [UInt8], at offset: Int, length: Int, count: Int, points table: PointTable
    ) throws(Malformed) -> ReadingBatch {
        guard offset >= 0, length >= 0, count >= 0, count <= FrameBody.largestCount else {
            throw Malformed()
        }
        let parts = try Compressor.open(bytes, at: offset, count: length)
        var decoder = FrameDecoder(parts, count: count)
        return try decoder.readings(table)
    }
}

/// Reads the parts of a body, which are not trusted.
struct FrameDecoder {
    let count: Int
    var columns: ByteReader
    private var bytes: ByteReader
    var bits: BitReader
    private(set) var texts: [String] = []

    init(_ parts: [[UInt8]], count: Int) {
        self.count = count
        columns = ByteReader(parts[FramePart.columns.rawValue])
        bytes = ByteReader(parts[FramePart.bytes.rawValue])
        bits = BitReader(parts[FramePart.bits.rawValue])
    }

    mutating func readings(_ table: PointTable) throws(Malformed) -> ReadingBatch {
        // A reading brings at most a device, a name, a unit and a text.
        try readTexts(limit: 4 * count)
        let points = try readPoints()
        let order = try PointOrder.read(count: count, among: points.count, &columns, &bits)
        let instants = try InstantColumn.read(count: count, &columns, &bits)
        let qualities = try columns.readRuns(count: count) { Quality(rawValue: $0) }
        let kinds = try columns.readRuns(count: count) { ValueKind(rawValue: $0) }
        let values = try readValues(order, kinds, points: points.count)
        guard isAtEnd else { throw Malformed() }
        // Only what makes sense as a whole leaves something in the table.
        let ids = try intern(points, table)
        var readings = ReadingBatch()
        readings.reserveCapacity(count)
        for index in 0..<count {
            let (id, kind) = (ids[order[index]], kinds[index])
            if kind == .string {
                readings.append(
                    point: id, value: .string(texts[Int(values[index])]),
                    quality: qualities[index], at: instants[index])
            } else {
                readings.append(
                    point: id, kind: kind, bits: values[index], quality: qualities[index],
                    at: instants[index])
            }
        }
        return readings
    }

    /// Whether all has been read.
    var isAtEnd: Bool { columns.remaining == 0 && bytes.remaining == 0 && bits.isAtEnd }

    // MARK: Points

    mutating func readTexts(limit: Int) throws(Malformed) {
        let known = try columns.readCount(limit: limit)
        texts = []
        for _ in 0..<known { texts.append(try columns.readText()) }
    }

    private mutating func readPoints() throws(Malformed) -> [Point] {
        let known = try columns.readCount(limit: count)
        let devices = try columns.readJumps(count: known, below: texts.count)
        let names = try columns.readJumps(count: known, below: texts.count)
        let units = try columns.readJumps(count: known, below: texts.count)
        let urgent = try columns.readRuns(count: known) { $0 <= 1 ? $0 == 1 : nil }
        return (0..<known).map { index in
            Point(
                device: texts[devices[index]], name: texts[names[index]],
                unit: Unit(unchecked: texts[units[index]]), isUrgent: urgent[index])
        }
    }

    private func intern(_ points: [Point], _ table: PointTable) throws(Malformed) -> [PointID] {
        var ids: [PointID] = []
        ids.reserveCapacity(points.count)
        for point in points {
            guard let id = table.intern(point) else { throw Malformed() }
            ids.append(id)
        }
        return ids
    }

    // MARK: Values

    /// The stored bits of each reading.
    mutating func readValues(
        _ order: [Int], _ kinds: [ValueKind], points: Int, shape: PortableShape? = nil
    ) throws(Malformed) -> [UInt64] {
        var counts = [Int](repeating: 0, count: points)
        for index in 0..<count where kinds[index] != .none { counts[order[index]] += 1 }
        let series = try readSeries(counts.filter { $0 > 0 }, shape)
        var places: [Int] = []
        places.reserveCapacity(points)
        var place = 0
        for count in counts {
            places.append(place)
            place += count
        }
        var values = [UInt64](repeating: 0, count: count)
        for index in 0..<count where kinds[index] != .none {
            let value = series[places[order[index]]]
            guard isSound(value, kinds[index]) else { throw Malformed() }
            values[index] = value
            places[order[index]] += 1
        }
        return values
    }

    private func isSound(_ value: UInt64, _ kind: ValueKind) -> Bool {
        switch kind {
        case .bool: value <= 1
        case .string: value < UInt64(texts.count)
        default: true
        }
    }

    /// The stored bits of all values, point after point.
    private mutating func readSeries(
        _ lengths: [Int], _ shape: PortableShape?
    ) throws(Malformed) -> [UInt64] {
        let known = lengths.count
        let domains = try readColumn(count: known, shape, .oneForm) { SeriesDomain(code: $0) }
        let modes = try readColumn(count: known, shape, .oneForm) { SeriesMode(rawValue: $0) }
        let widths = try readColumn(count: known, shape, .oneForm) { $0 <= 64 ? Int($0) : nil }
        var plans: [SeriesPlan] = []
        plans.reserveCapacity(lengths.count)
        for index in lengths.indices {
            var plan = SeriesPlan(domain: domains[index], mode: modes[index], width: widths[index])
            try plan.readParameters(&columns)
            plans.append(plan)
        }
        var series: [UInt64] = []
        series.reserveCapacity(count)
        for (length, plan) in zip(lengths, plans) {
            try plan.read(length, &bytes, &bits, to: &series)
        }
        return series
    }

    /// A column of bytes by their meaning: runs, or one byte if a portable body's shape says so.
    mutating func readColumn<T>(
        count: Int, _ shape: PortableShape?, _ single: PortableShape, _ meaning: (UInt8) -> T?
    ) throws(Malformed) -> [T] {
        guard let shape, shape.contains(single) else {
            return try columns.readRuns(count: count, isOpen: shape != nil, meaning)
        }
        guard let value = meaning(try columns.read()) else { throw Malformed() }
        return [T](repeating: value, count: count)
    }
}
