/// Of which point each reading is: how far polls go through the table of points, again and again.
///
/// ```
/// form     1 byte
/// 0 jumps  in the table, where behind its last point the first is expected
/// 1 bits   for each point on the way through the table: 1 if the next reading is of it
/// ```
///
/// A poll as a whole costs nothing as jumps; one from which a deadband takes readings here and
/// there costs a bit a point.
enum PointOrder {
    static let jumps: UInt8 = 0
    static let bits: UInt8 = 1
    /// What one jump costs, in bits.
    private static let jumpBits = 16

    /// What each form costs, in bits.
    static func costs(_ order: [Int], among points: Int) -> (jumps: Int, bits: Int) {
        var (jumps, steps, expected) = (0, 0, 0)
        for point in order {
            let skipped = distance(from: expected, to: point, points)
            if skipped != 0 { jumps += 1 }
            steps += skipped + 1
            expected = point + 1
        }
        return (jumps * jumpBits, steps)
    }

    static func put(
        _ order: [Int], among points: Int, _ columns: inout ByteWriter, _ bits: inout BitWriter
    ) {
        let form = form(order, among: points)
        columns.put(form)
        put(order, form: form, among: points, &columns, &bits)
    }

    /// The shorter form.
    static func form(_ order: [Int], among points: Int) -> UInt8 {
        let costs = costs(order, among: points)
        return costs.bits < costs.jumps ? bits : jumps
    }

    /// What stands behind the form.
    static func put(
        _ order: [Int], form: UInt8, among points: Int, _ columns: inout ByteWriter,
        _ bits: inout BitWriter
    ) {
        guard form == PointOrder.bits else {
            columns.putJumps(order, wrapsAt: points)
            return
        }
        var expected = 0
        for point in order {
            var skipped = distance(from: expected, to: point, points)
            while skipped > 63 {
                bits.put(0, width: 63)
                skipped -= 63
            }
            bits.put(1 << UInt64(skipped), width: skipped + 1)
            expected = point + 1
        }
    }

    /// How many points lie between.
    @inline(__always)
    private static func distance(from expected: Int, to point: Int, _ points: Int) -> Int {
        let expected = expected == points ? 0 : expected
        return point >= expected ? point - expected : point - expected + points
    }

    static func read(
        count: Int, among points: Int, _ columns: inout ByteReader, _ bits: inout BitReader
    ) throws(Malformed) -> [Int] {
        let form = try columns.read(UInt8.self)
        return try read(form: form, count: count, among: points, &columns, &bits)
    }

    static func read(
        form: UInt8, count: Int, among points: Int, _ columns: inout ByteReader,
        _ bits: inout BitReader
    ) throws(Malformed) -> [Int] {
        switch form {
        case jumps: return try columns.readJumps(count: count, below: points, wrapsAt: points)
        case PointOrder.bits:
            guard points > 0 else { throw Malformed() }
            var order: [Int] = []
            order.reserveCapacity(count)
            var point = 0
            while order.count < count {
                if try bits.read(width: 1) == 1 { order.append(point) }
                point = point + 1 == points ? 0 : point + 1
            }
            return order
        default: throw Malformed()
        }
    }
}
