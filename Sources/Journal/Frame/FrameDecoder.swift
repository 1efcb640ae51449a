import Telemetry

extension FrameBody {
    /// The readings of a body, their points given ids of `table`.
    ///
    /// - Throws: `Malformed` if this is not the body of `count` readings, or the table is full.
    static func decode(
        _ bytes: [UInt8], at offset: Int, length: Int, count: Int, points table: PointTable
    ) throws(Malformed) -> ReadingBatch {
        let content = try Compressor.content(bytes, at: offset, count: length)
        var decoder = FrameDecoder(content: content, count: count)
        return try decoder.readings(table)
    }
}

/// Reads a body's content, which is not trusted.
private struct FrameDecoder {
    private let content: [UInt8]
    private let count: Int
    private var reader: ByteReader
    private var texts: [String] = []
    private var ids: [PointID] = []

    init(content: [UInt8], count: Int) {
        self.content = content
        self.count = count
        reader = ByteReader(content)
    }

    mutating func readings(_ table: PointTable) throws(Malformed) -> ReadingBatch {
        texts = try readTexts()
        ids = try readPoints(table)
        let order = try reader.readJumps(count: count, below: ids.count, wrapsAt: ids.count)
        let instants = try readInstants()
        let qualities = try reader.readRuns(count: count) { Quality(rawValue: $0) }
        let kinds = try reader.readRuns(count: count) { ValueKind(rawValue: $0) }
        let (values, starts) = try readValues(order, kinds)
        var next = starts
        var readings = ReadingBatch()
        readings.reserveCapacity(count)
        for index in 0..<count {
            let (point, kind) = (order[index], kinds[index])
            var bits: UInt64 = 0
            if kind != .none {
                bits = values[next[point]]
                next[point] += 1
            }
            try append(
                ids[point], kind, bits, qualities[index], instants[index], to: &readings)
        }
        return readings
    }

    private func append(
        _ point: PointID, _ kind: ValueKind, _ bits: UInt64, _ quality: Quality,
        _ instant: Instant, to readings: inout ReadingBatch
    ) throws(Malformed) {
        switch kind {
        case .string:
            guard bits < UInt64(texts.count) else { throw Malformed() }
            readings.append(
                point: point, value: .string(texts[Int(bits)]), quality: quality, at: instant)
        case .bool where bits > 1: throw Malformed()
        default:
            readings.append(point: point, kind: kind, bits: bits, quality: quality, at: instant)
        }
    }

    // MARK: Columns

    private mutating func readTexts() throws(Malformed) -> [String] {
        // A reading brings at most a device, a name, a unit and a text.
        let known = try reader.readCount(limit: 4 * count)
        var texts: [String] = []
        for _ in 0..<known { texts.append(try reader.readText()) }
        return texts
    }

    private mutating func readPoints(_ table: PointTable) throws(Malformed) -> [PointID] {
        let known = try reader.readCount(limit: count)
        let devices = try reader.readJumps(count: known, below: texts.count, wrapsAt: 0)
        let names = try reader.readJumps(count: known, below: texts.count, wrapsAt: 0)
        let units = try reader.readJumps(count: known, below: texts.count, wrapsAt: 0)
        let urgent = try reader.readRuns(count: known) { $0 <= 1 ? $0 == 1 : nil }
        var ids: [PointID] = []
        for index in 0..<known {
            let point = Point(
                device: try name(devices[index]), name: try name(names[index]),
                unit: Unit(unchecked: try name(units[index])), isUrgent: urgent[index])
            guard let id = table.intern(point) else { throw Malformed() }
            ids.append(id)
        }
        return ids
    }

    private func name(_ index: Int) throws(Malformed) -> String {
        guard texts[index].utf8.count <= FrameBody.longestName else { throw Malformed() }
        return texts[index]
    }

    private mutating func readInstants() throws(Malformed) -> [Instant] {
        var instants: [Instant] = []
        instants.reserveCapacity(count)
        var (last, step) = (Int64(0), Int64(0))
        while instants.count < count {
            step = step &+ (try reader.readZigzag())
            last = last &+ step
            let more = try reader.readCount(limit: count - instants.count - 1)
            instants.append(
                contentsOf: repeatElement(Instant(nanoseconds: last), count: more + 1))
        }
        return instants
    }

    // MARK: Values

    /// The bits of all values by point, and where those of each point begin.
    private mutating func readValues(
        _ order: [Int], _ kinds: [ValueKind]
    ) throws(Malformed) -> (values: [UInt64], starts: [Int]) {
        var counts = [Int](repeating: 0, count: ids.count)
        for index in 0..<count where kinds[index] != .none { counts[order[index]] += 1 }
        let lengths = counts.filter { $0 > 0 }
        let plans = try readPlans(lengths.count)
        var bits = BitReader(content, at: content.count - reader.remaining)
        var series = [[Int64]](repeating: [], count: plans.count)
        for (index, plan) in plans.enumerated() where plan.mode != .bytes {
            series[index] = try read(lengths[index], by: plan, &bits)
        }
        reader = ByteReader(content, at: bits.byteOffset)
        for (index, plan) in plans.enumerated() where plan.mode == .bytes {
            series[index] = try readBytes(lengths[index], by: plan)
        }
        guard reader.remaining == 0 else { throw Malformed() }
        var values: [UInt64] = []
        values.reserveCapacity(count)
        for (integers, plan) in zip(series, plans) {
            values += integers.lazy.map { plan.domain.bits(of: $0) }
        }
        var starts: [Int] = []
        var start = 0
        for count in counts {
            starts.append(start)
            start += count
        }
        return (values, starts)
    }

    private mutating func readPlans(_ count: Int) throws(Malformed) -> [SeriesPlan] {
        let domains = try reader.readRuns(count: count) { SeriesDomain(code: $0) }
        let modes = try reader.readRuns(count: count) { SeriesMode(rawValue: $0) }
        let widths = try reader.readRuns(count: count) { $0 <= 64 ? Int($0) : nil }
        var plans: [SeriesPlan] = []
        for index in 0..<count {
            var plan = SeriesPlan(domain: domains[index], mode: modes[index], width: widths[index])
            if plan.mode != .raw { plan.base = try reader.readZigzag() }
            if plan.mode == .xor { plan.shift = try reader.readCount(limit: 63) }
            plans.append(plan)
        }
        return plans
    }

    private func read(
        _ count: Int, by plan: SeriesPlan, _ bits: inout BitReader
    ) throws(Malformed) -> [Int64] {
        var series: [Int64] = []
        series.reserveCapacity(count)
        var last = plan.base
        if plan.mode == .delta || plan.mode == .xor { series.append(last) }
        while series.count < count {
            let value = try bits.read(width: plan.width)
            switch plan.mode {
            case .raw, .bytes: last = Int64(bitPattern: value)
            case .offset: last = plan.base &+ Int64(bitPattern: value)
            case .delta: last = last &+ Int64(zigzag: value)
            case .xor: last ^= Int64(bitPattern: value << UInt64(plan.shift))
            }
            series.append(last)
        }
        return series
    }

    private mutating func readBytes(_ count: Int, by plan: SeriesPlan) throws(Malformed) -> [Int64]
    {
        var series = [plan.base]
        series.reserveCapacity(count)
        while series.count < count {
            series.append(series[series.count - 1] &+ (try reader.readZigzag()))
        }
        return series
    }
}

extension SeriesDomain {
    /// The stored bits that an integer of the domain stands for.
    fileprivate func bits(of integer: Int64) -> UInt64 {
        switch self {
        case .bits: UInt64(bitPattern: integer)
        case .float:
            Double(Float(bitPattern: UInt32(truncatingIfNeeded: integer))).bitPattern
        case .decimal(let exponent):
            DoubleColumn.unscaled(integer, Int(exponent), isFloat: false)
        case .floatDecimal(let exponent):
            DoubleColumn.unscaled(integer, Int(exponent), isFloat: true)
        }
    }
}

extension ByteReader {
    /// What `putRuns` wrote, by the meaning of a byte.
    fileprivate mutating func readRuns<T>(
        count: Int, _ meaning: (UInt8) -> T?
    ) throws(Malformed) -> [T] {
        var column: [T] = []
        column.reserveCapacity(count)
        while column.count < count {
            let length = try readCount(limit: count - column.count)
            guard length > 0, let value = meaning(try read()) else { throw Malformed() }
            column.append(contentsOf: repeatElement(value, count: length))
        }
        return column
    }

    /// What `putJumps` wrote: indices below a limit.
    fileprivate mutating func readJumps(
        count: Int, below limit: Int, wrapsAt end: Int
    ) throws(Malformed) -> [Int] {
        var column: [Int] = []
        column.reserveCapacity(count)
        var expected = 0
        while column.count < count {
            let jump = try readZigzag()
            let (index, overflow) = Int64(expected).addingReportingOverflow(jump)
            guard !overflow, index >= 0, index < Int64(limit) else { throw Malformed() }
            let more = try readCount(limit: count - column.count - 1)
            var next = Int(index)
            for _ in 0...more {
                guard next < limit else { throw Malformed() }
                column.append(next)
                next = next + 1 == end ? 0 : next + 1
            }
            expected = next
        }
        return column
    }
}
