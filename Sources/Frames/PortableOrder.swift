import Telemetry

/// Of which point each reading of a portable body is.
///
/// ```
/// form      1 byte
/// 0, 1      points: count, then their numbers as jumps, rising; then as in PointOrder
/// 2 blocks  lengths of blocks of numbers that count up by one, until all readings are in one
///           (pairs: how long, how many of that length in a row); a factor; 1 byte: a width.
///           In the bits, of this width each: the number that a block begins with, divided by the
///           factor
/// ```
enum PortableOrder {
    private static let blocks: UInt8 = 2
    /// What the table of points costs at the least, in bits.
    private static let tableBits = 40

    static func put(
        _ points: [PointID], _ grouping: PointGrouping, _ columns: inout ByteWriter,
        _ bits: inout BitWriter
    ) {
        let (starts, lengths) = blocks(of: points)
        let factor = starts.reduce(0) { divisor($0, $1) }
        let width = UInt64((starts.max() ?? 0) / max(factor, 1)).significantBits
        let costs = PointOrder.costs(grouping.order, among: grouping.ids.count)
        // A length costs something only where it is another than the one before.
        let changes = zip(lengths, lengths.dropFirst()).count { $0 != $1 }
        let blockBits = starts.count * width + changes * SeriesPlan.runBits
        guard blockBits < min(costs.jumps, costs.bits) + tableBits else {
            putTable(grouping, &columns, &bits)
            return
        }
        columns.put(PortableOrder.blocks)
        columns.putLengths(lengths)
        columns.putVarint(UInt64(max(factor, 1)))
        columns.put(UInt8(width))
        for start in starts { bits.put(UInt64(start / max(factor, 1)), width: width) }
    }

    private static func putTable(
        _ grouping: PointGrouping, _ columns: inout ByteWriter, _ bits: inout BitWriter
    ) {
        let form = PointOrder.form(grouping.order, among: grouping.ids.count)
        columns.put(form)
        columns.putVarint(UInt64(grouping.ids.count))
        columns.putJumps(grouping.ids.map { Int($0.index) })
        PointOrder.put(
            grouping.order, form: form, among: grouping.ids.count, &columns, &bits)
    }

    private static func blocks(of points: [PointID]) -> (starts: [Int], lengths: [Int]) {
        var (starts, lengths) = ([Int](), [Int]())
        var expected = -1
        for point in points {
            let number = Int(point.index)
            if number == expected {
                lengths[lengths.count - 1] += 1
            } else {
                starts.append(number)
                lengths.append(1)
            }
            expected = number + 1
        }
        return (starts, lengths)
    }

    private static func divisor(_ left: Int, _ right: Int) -> Int {
        var (left, right) = (left, right)
        while right != 0 { (left, right) = (right, left % right) }
        return left
    }

    /// The points' numbers, rising, and for each reading which of them it is of.
    static func read(
        count: Int, _ columns: inout ByteReader, _ bits: inout BitReader
    ) throws(Malformed) -> (numbers: [Int], order: [Int]) {
        let form = try columns.read(UInt8.self)
        guard form == blocks else {
            let known = try columns.readCount(limit: count)
            let numbers = try columns.readJumps(count: known, below: PointTable.capacity)
            for (left, right) in zip(numbers, numbers.dropFirst()) where left >= right {
                throw Malformed()
            }
            let order = try PointOrder.read(
                form: form, count: count, among: known, &columns, &bits)
            return (numbers, order)
        }
        return table(of: try readBlocks(count: count, &columns, &bits))
    }

    private static func readBlocks(
        count: Int, _ columns: inout ByteReader, _ bits: inout BitReader
    ) throws(Malformed) -> [Int] {
        let lengths = try columns.readLengths(count: count)
        let factor = try columns.readCount(limit: PointTable.capacity)
        let width = try columns.read(UInt8.self)
        guard width <= 20 else { throw Malformed() }
        var points: [Int] = []
        points.reserveCapacity(count)
        for length in lengths {
            let start = Int(try bits.read(width: Int(width))) * factor
            guard start + length <= PointTable.capacity else { throw Malformed() }
            points.append(contentsOf: start..<start + length)
        }
        return points
    }

    private static func table(of points: [Int]) -> (numbers: [Int], order: [Int]) {
        let numbers = Set(points).sorted()
        var indices: [Int: Int] = [:]
        for (index, number) in numbers.enumerated() { indices[number] = index }
        return (numbers, points.map { indices[$0] ?? 0 })
    }
}
