import Telemetry

/// Makes bodies of frames (`FrameBody`). Keeps its buffers: one frame after the other costs few
/// allocations beside that of the body itself.
package final class FrameEncoder {
    private var grouping = PointGrouping()
    private var values: [Int64] = []
    private var plans: [SeriesPlan] = []
    private var columns = ByteWriter()
    private var bytes = ByteWriter()
    private var bits = BitWriter()
    private let compressor = Compressor()

    package init() {}

    /// The body for readings, which name points of `table`; at most 16,384.
    package func encode(_ readings: ReadingBatch, points table: PointTable) -> [UInt8] {
        grouping.group(readings.points)
        var texts = TextTable()
        var head = ByteWriter(capacity: 1024)
        bits.rewind()
        putPoints(table, &texts, &head)
        PointOrder.put(grouping.order, among: grouping.ids.count, &head, &bits)
        InstantColumn.put(
            readings.instants, period: period(of: readings.instants), &head, &bits)
        head.putRuns(readings.qualities) { $0.rawValue }
        head.putRuns(readings.kinds) { $0.rawValue }
        gather(readings, &texts)
        plan()
        columns.removeAll()
        texts.put(&columns)
        columns.put(bytes: head.bytes)
        return packed(nil)
    }

    /// The portable body (`PortableBody`) for readings whose times are told apart from them; at
    /// most 16,384. `offsets` are told if there are any.
    package func encodePortable(
        _ readings: ReadingBatch, times: [Instant], offsets: [UInt32]?
    ) -> [UInt8] {
        grouping.group(readings.points)
        var texts = TextTable()
        var head = ByteWriter(capacity: 1024)
        var shape: PortableShape = []
        bits.rewind()
        PortableOrder.put(readings.points, grouping, &head, &bits)
        InstantColumn.put(times, period: period(of: times), &head, &bits)
        if readings.qualities.allSatisfy(\.isGood) {
            shape.insert(.allGood)
        } else {
            head.putRuns(readings.qualities, isOpen: true) { $0.rawValue }
        }
        if let kind = readings.kinds.first, readings.kinds.allSatisfy({ $0 == kind }) {
            shape.insert(.oneKind)
            head.put(kind.rawValue)
        } else {
            head.putRuns(readings.kinds, isOpen: true) { $0.rawValue }
        }
        if let offsets { head.putJumps(offsets.map { Int($0) }) }
        gather(readings, &texts)
        planTogether()
        columns.removeAll()
        if !texts.isEmpty {
            shape.insert(.hasTexts)
            texts.put(&columns)
        }
        columns.put(bytes: head.bytes)
        return packed(shape)
    }

    private func putPoints(
        _ table: PointTable, _ texts: inout TextTable, _ out: inout ByteWriter
    ) {
        let points = table.points(grouping.ids)
        out.putVarint(UInt64(points.count))
        out.putJumps(points.map { texts.index(of: $0.device) })
        out.putJumps(points.map { texts.index(of: $0.name) })
        out.putJumps(points.map { texts.index(of: $0.unit.symbol) })
        out.putRuns(points) { $0.isUrgent ? 1 : 0 }
    }

    /// How many instants a poll has: those before the first point comes again.
    private func period(of instants: [Instant]) -> Int {
        guard let first = grouping.order.first,
            let again = grouping.order.dropFirst().firstIndex(of: first)
        else { return 0 }
        return (1..<again).reduce(1) { count, index in
            instants[index] == instants[index - 1] ? count : count + 1
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

    private func plan() {
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

    /// Plans of which each looks at the one before.
    private func planTogether() {
        plans.removeAll(keepingCapacity: true)
        var mode = SeriesMode.raw
        values.withUnsafeMutableBufferPointer { values in
            for point in grouping.ids.indices {
                let series = UnsafeMutableBufferPointer(rebasing: values[grouping.range(of: point)])
                guard !series.isEmpty else { continue }
                let domain =
                    grouping.isDouble(point) ? DoubleColumn.shorten(series) : SeriesDomain.bits
                let plan = SeriesPlan(
                    for: UnsafeBufferPointer(series), domain: domain, after: mode)
                mode = plan.mode
                plans.append(plan)
            }
        }
    }

    /// The shorter of what can be made of it: bits, or bytes where they may be shorter. A body
    /// that has a shape is portable.
    private func packed(_ shape: PortableShape?) -> [UInt8] {
        let (front, mark) = (columns.bytes.count, bits.mark)
        var filled = putSeries(shape)
        let body = compressor.body(of: parts, shape: filled)
        guard plans.contains(where: \.couldBeBytes) else { return body }
        for index in plans.indices { plans[index] = plans[index].asBytes }
        columns.removeAll(from: front)
        bits.rewind(to: mark)
        filled = putSeries(shape)
        let other = compressor.body(of: parts, shape: filled)
        return other.count < body.count ? other : body
    }

    private var parts: [[UInt8]] { [columns.bytes, bytes.bytes, bits.bytes] }

    private func levelWidths() {
        let counts = grouping.ids.indices.lazy.map { self.grouping.range(of: $0).count }
        SeriesPlan.levelWidths(&plans, counts: counts.filter { $0 > 0 })
    }

    /// Writes the series; answers the shape with what it is now known to leave out.
    private func putSeries(_ shape: PortableShape?) -> PortableShape? {
        var shape = shape
        bytes.removeAll()
        if shape != nil { levelWidths() }
        if let form = plans.first, shape != nil, plans.allSatisfy({ $0.hasForm(of: form) }) {
            shape?.insert(.oneForm)
            columns.put(form.domain.code)
            columns.put(form.mode.rawValue)
            columns.put(UInt8(form.width))
        } else {
            let isOpen = shape != nil
            columns.putRuns(plans, isOpen: isOpen) { $0.domain.code }
            columns.putRuns(plans, isOpen: isOpen) { $0.mode.rawValue }
            columns.putRuns(plans, isOpen: isOpen) { UInt8($0.width) }
        }
        for plan in plans { plan.putParameters(&columns) }
        var next = 0
        for point in grouping.ids.indices {
            let range = grouping.range(of: point)
            guard !range.isEmpty else { continue }
            plans[next].put(values[range], &bytes, &bits)
            next += 1
        }
        bits.finish()
        if !bytes.bytes.isEmpty { shape?.insert(.hasBytes) }
        return shape
    }
}

/// The texts of a frame, each once, in the order of their first use.
private struct TextTable {
    private var indices: [String: Int] = [:]
    private var texts: [String] = []

    var isEmpty: Bool { texts.isEmpty }

    mutating func index(of text: String) -> Int {
        if let known = indices[text] { return known }
        indices[text] = texts.count
        texts.append(text)
        return texts.count - 1
    }

    func put(_ columns: inout ByteWriter) {
        columns.putVarint(UInt64(texts.count))
        for text in texts { columns.put(text: text) }
    }
}
