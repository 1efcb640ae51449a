import Telemetry

/// The body of a frame of readings, in columns. Each stands alone and gives every value back
/// bit for bit.
///
/// ```
/// points      count, then for each: device, name, unit (texts), 1 if urgent
/// point       for each reading: index in the table above
/// instant     for each reading: zigzag difference from the one before
/// quality     runs: length, Quality
/// kind        runs: length, ValueKind
/// values      for each reading but those of kind none: bool, uint64: varint;
///             int64: zigzag; double: 8 bytes; string: text
/// ```
///
/// Counts and numbers are varints, texts are a length in bytes and UTF-8.
enum FrameBody {
    /// The longest name or unit that is believed.
    static let longestName = 4096

    /// The body for readings, which name points of `table`.
    static func encode(_ readings: ReadingBatch, points table: PointTable) -> [UInt8] {
        var out = ByteWriter(capacity: 64 + readings.count * 12)
        putPoints(of: readings, table, &out)
        var last: Int64 = 0
        for instant in readings.instants {
            out.putZigzag(instant.nanoseconds &- last)
            last = instant.nanoseconds
        }
        putRuns(readings.qualities.lazy.map(\.rawValue), &out)
        putRuns(readings.kinds.lazy.map(\.rawValue), &out)
        putValues(of: readings, &out)
        return out.bytes
    }

    private static func putPoints(
        of readings: ReadingBatch, _ table: PointTable, _ out: inout ByteWriter
    ) {
        var indices: [PointID: UInt64] = [:]
        var known: [PointID] = []
        for id in readings.points where indices[id] == nil {
            indices[id] = UInt64(known.count)
            known.append(id)
        }
        out.putVarint(UInt64(known.count))
        for id in known {
            let point = table[id] ?? Point(device: "", name: "")
            out.put(text: point.device)
            out.put(text: point.name)
            out.put(text: point.unit.symbol)
            out.put(UInt8(point.isUrgent ? 1 : 0))
        }
        for id in readings.points { out.putVarint(indices[id] ?? 0) }
    }

    private static func putRuns(_ column: some Collection<UInt8>, _ out: inout ByteWriter) {
        var length: UInt64 = 0
        var current = column.first ?? 0
        for value in column {
            if value != current {
                out.putVarint(length)
                out.put(current)
                (current, length) = (value, 0)
            }
            length += 1
        }
        out.putVarint(length)
        out.put(current)
    }

    private static func putValues(of readings: ReadingBatch, _ out: inout ByteWriter) {
        for (kind, bits) in zip(readings.kinds, readings.bits) {
            switch kind {
            case .none: break
            case .bool, .uint64: out.putVarint(bits)
            case .int64: out.putZigzag(Int64(bitPattern: bits))
            case .double: out.put(bits)
            case .string: out.put(text: readings.strings[Int(bits)])
            }
        }
    }
}

extension FrameBody {
    /// The readings of a body, their points given ids of `table`.
    ///
    /// - Throws: `Malformed` if this is not the body of `count` readings, or the table is full.
    static func decode(
        _ bytes: [UInt8], at offset: Int, length: Int, count: Int, points table: PointTable
    ) throws(Malformed) -> ReadingBatch {
        var reader = ByteReader(bytes, at: offset, count: length)
        let points = try readPoints(&reader, count: count, table)
        var instants: [Instant] = []
        instants.reserveCapacity(count)
        var last: Int64 = 0
        for _ in 0..<count {
            last = try last &+ reader.readZigzag()
            instants.append(Instant(nanoseconds: last))
        }
        let qualities = try readRuns(&reader, count: count) { Quality(rawValue: $0) }
        let kinds = try readRuns(&reader, count: count) { ValueKind(rawValue: $0) }
        var readings = ReadingBatch()
        readings.reserveCapacity(count)
        for index in 0..<count {
            readings.append(
                point: points[index], value: try readValue(kinds[index], &reader),
                quality: qualities[index], at: instants[index])
        }
        guard reader.remaining == 0 else { throw Malformed() }
        return readings
    }

    private static func readPoints(
        _ reader: inout ByteReader, count: Int, _ table: PointTable
    ) throws(Malformed) -> [PointID] {
        let known = try reader.readCount(limit: count)
        var ids: [PointID] = []
        for _ in 0..<known {
            let point = Point(
                device: try reader.readText(), name: try reader.readText(),
                unit: Unit(unchecked: try reader.readText()),
                isUrgent: try reader.read(UInt8.self) == 1)
            guard let id = table.intern(point) else { throw Malformed() }
            ids.append(id)
        }
        var points: [PointID] = []
        points.reserveCapacity(count)
        for _ in 0..<count {
            points.append(ids[try reader.readCount(limit: known - 1)])
        }
        return points
    }

    private static func readRuns<T>(
        _ reader: inout ByteReader, count: Int, _ meaning: (UInt8) -> T?
    ) throws(Malformed) -> [T] {
        var column: [T] = []
        column.reserveCapacity(count)
        while column.count < count {
            let length = try reader.readCount(limit: count - column.count)
            guard length > 0, let value = meaning(try reader.read()) else { throw Malformed() }
            column.append(contentsOf: repeatElement(value, count: length))
        }
        return column
    }

    private static func readValue(
        _ kind: ValueKind, _ reader: inout ByteReader
    ) throws(Malformed) -> Value? {
        switch kind {
        case .none: nil
        case .bool: .bool(try reader.readCount(limit: 1) == 1)
        case .uint64: .uint64(try reader.readVarint())
        case .int64: .int64(try reader.readZigzag())
        case .double: .double(Double(bitPattern: try reader.read()))
        case .string: .string(try reader.readText())
        }
    }
}
