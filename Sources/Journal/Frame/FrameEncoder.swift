import Telemetry

/// Makes bodies of frames (`FrameBody`). Keeps its buffers: one frame after the other costs no
/// allocation but for the body itself.
final class FrameEncoder {
    private var grouping = PointGrouping()
    private var values: [Int64] = []
    private var plans: [SeriesPlan] = []
    private var bits = BitWriter()
    private let compressor = Compressor()

    /// The body for readings, which name points of `table`.
    func encode(_ readings: ReadingBatch, points table: PointTable) -> [UInt8] {
        grouping.group(readings.points)
        var texts = TextTable()
        var head = ByteWriter(capacity: 1024)
        putPoints(table, &texts, &head)
        head.putJumps(grouping.order, count: grouping.ids.count)
        putInstants(readings.instants, &head)
        head.putRuns(readings.qualities) { $0.rawValue }
        head.putRuns(readings.kinds) { $0.rawValue }
        gather(readings, &texts)
        plan(readings)
        let front = texts.encoded() + head.bytes
        return packed(front)
    }

    // MARK: Points and instants

    private func putPoints(
        _ table: PointTable, _ texts: inout TextTable, _ out: inout ByteWriter
    ) {
        let points = table.points(grouping.ids)
        out.putVarint(UInt64(points.count))
        out.putJumps(points.map { texts.index(of: $0.device) }, count: 0)
        out.putJumps(points.map { texts.index(of: $0.name) }, count: 0)
        out.putJumps(points.map { texts.index(of: $0.unit.symbol) }, count: 0)
        out.putRuns(points) { $0.isUrgent ? 1 : 0 }
    }

    private func putInstants(_ instants: [Instant], _ out: inout ByteWriter) {
        var (last, step) = (Int64(0), Int64(0))
        var index = 0
        while index < instants.count {
            let instant = instants[index].nanoseconds
            var end = index + 1
            while end < instants.count, instants[end].nanoseconds == instant { end += 1 }
            let next = instant &- last
            out.putZigzag(next &- step)
            out.putVarint(UInt64(end - index - 1))
            (last, step, index) = (instant, next, end)
        }
    }

    // MARK: Values

    /// The values by point, those without one left out.
    private func gather(_ readings: ReadingBatch, _ texts: inout TextTable) {
        grouping.beginValues()
        if values.count < readings.count {
            values = [Int64](repeating: 0, count: max(readings.count, 1024))
        }
        for index in 0..<readings.count where readings.kinds[index] != .none {
            let kind = readings.kinds[index]
            var bits = readings.bits[index]
            if kind == .string { bits = UInt64(texts.index(of: readings.strings[Int(bits)])) }
            let place = grouping.nextPlace(at: index, isDouble: kind == .double)
            values[place] = Int64(bitPattern: bits)
        }
    }

    private func plan(_ readings: ReadingBatch) {
        plans.removeAll(keepingCapacity: true)
        values.withUnsafeMutableBufferPointer { values in
            for point in grouping.ids.indices {
                let series = UnsafeMutableBufferPointer(rebasing: values[grouping.range(of: point)])
                guard !series.isEmpty else { continue }
                let domain =
                    grouping.isDouble(point) ? DoubleColumn.shorten(series) : SeriesDomain.bits
                plans.append(SeriesPlan(for: UnsafeBufferPointer(series), domain: domain))
            }
        }
    }

    // MARK: Packing

    /// The shortest of what can be made of it.
    private func packed(_ front: [UInt8]) -> [UInt8] {
        let asBits = front + series()
        var best = compressor.body(of: asBits)
        // Differences in bytes are longer, and often shorter once zstd has been at them.
        if plans.contains(where: { $0.mode == .delta }) {
            for index in plans.indices where plans[index].mode == .delta {
                plans[index].mode = .bytes
                plans[index].width = 0
            }
            let asBytes = compressor.body(of: front + series())
            if asBytes.count < best.count { best = asBytes }
        }
        return best
    }

    private func series() -> [UInt8] {
        var out = ByteWriter(capacity: 1024)
        out.putRuns(plans) { $0.domain.code }
        out.putRuns(plans) { $0.mode.rawValue }
        out.putRuns(plans) { UInt8($0.width) }
        for plan in plans { putParameters(of: plan, &out) }
        bits.reset()
        var bytes = ByteWriter()
        var next = 0
        for point in grouping.ids.indices {
            let range = grouping.range(of: point)
            guard !range.isEmpty else { continue }
            write(values[range], by: plans[next], &bytes)
            next += 1
        }
        bits.finish()
        out.put(bytes: bits.bytes)
        out.put(bytes: bytes.bytes)
        return out.bytes
    }

    private func putParameters(of plan: SeriesPlan, _ out: inout ByteWriter) {
        switch plan.mode {
        case .raw: break
        case .offset, .delta, .bytes: out.putZigzag(plan.base)
        case .xor:
            out.putZigzag(plan.base)
            out.putVarint(UInt64(plan.shift))
        }
    }

    private func write(
        _ series: ArraySlice<Int64>, by plan: SeriesPlan, _ bytes: inout ByteWriter
    ) {
        let width = plan.width
        var last = plan.base
        switch plan.mode {
        case .raw:
            for value in series { bits.put(UInt64(bitPattern: value), width: width) }
        case .offset where width == 0: break
        case .offset:
            for value in series { bits.put(UInt64(bitPattern: value &- last), width: width) }
        case .delta:
            for value in series.dropFirst() {
                bits.put((value &- last).zigzag, width: width)
                last = value
            }
        case .bytes:
            for value in series.dropFirst() {
                bytes.putZigzag(value &- last)
                last = value
            }
        case .xor:
            for value in series.dropFirst() {
                bits.put(UInt64(bitPattern: value ^ last) >> UInt64(plan.shift), width: width)
                last = value
            }
        }
    }
}

/// The texts of a frame, each once, in the order of their first use.
struct TextTable {
    private var indices: [String: Int] = [:]
    private var texts: [String] = []

    mutating func index(of text: String) -> Int {
        if let known = indices[text] { return known }
        indices[text] = texts.count
        texts.append(text)
        return texts.count - 1
    }

    func encoded() -> [UInt8] {
        var out = ByteWriter(capacity: texts.count * 8)
        out.putVarint(UInt64(texts.count))
        for text in texts { out.put(text: text) }
        return out.bytes
    }
}

extension ByteWriter {
    /// Runs of a column of bytes.
    mutating func putRuns<T>(_ column: [T], _ byte: (T) -> UInt8) {
        var index = 0
        while index < column.count {
            let value = byte(column[index])
            var end = index + 1
            while end < column.count, byte(column[end]) == value { end += 1 }
            putVarint(UInt64(end - index))
            put(value)
            index = end
        }
    }

    /// Indices that mostly count up by one, and begin anew behind the last of `count`.
    mutating func putJumps(_ column: [Int], count: Int) {
        var expected = 0
        var index = 0
        while index < column.count {
            putZigzag(Int64(column[index] - expected))
            let begin = index
            repeat {
                expected = column[index] + 1 == count ? 0 : column[index] + 1
                index += 1
            } while index < column.count && column[index] == expected
            putVarint(UInt64(index - begin - 1))
        }
    }
}
