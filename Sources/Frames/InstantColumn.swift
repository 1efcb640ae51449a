import Telemetry

/// The readings' instants. Those of one answer share theirs; those of one poll after the other
/// are about a period apart.
///
/// ```
/// shared     pairs: how many readings share an instant, how many instants in a row do so with
///            as many; until all readings have one
/// unit       1 byte: the numbers below are of 10 to this power nanoseconds (0, 3, 6, 9)
/// lag        each instant is told by its difference from the one so many before
/// first      zigzag; then for as many as have none so many before: zigzag difference from the
///            one before
/// least      zigzag: the least of the differences
/// width      1 byte: of what the others are above it, in the bits; 255: as varints, which follow
/// ```
enum InstantColumn {
    fileprivate static let varints: UInt8 = 255
    private static let largestExponent: UInt8 = 9

    /// Writes instants. `period` is how many different ones a poll has, as far as is known.
    static func put(
        _ instants: [Instant], period: Int, _ columns: inout ByteWriter, _ bits: inout BitWriter
    ) {
        var heads = putShared(instants, &columns)
        guard !heads.isEmpty else { return }
        columns.put(divide(&heads))
        let plan = InstantPlan.best(for: heads, period: period)
        columns.putVarint(UInt64(plan.lag))
        columns.putZigzag(heads[0])
        for index in 1..<max(plan.lag, 1) { columns.putZigzag(heads[index] &- heads[index - 1]) }
        columns.putZigzag(plan.least)
        columns.put(plan.width.map { UInt8($0) } ?? varints)
        for index in heads.indices.dropFirst(plan.lag) {
            let above = plan.above(heads, index)
            if let width = plan.width {
                bits.put(above, width: width)
            } else {
                columns.putVarint(above)
            }
        }
    }

    /// Writes how many readings share each instant; answers the instants.
    private static func putShared(_ instants: [Instant], _ columns: inout ByteWriter) -> [Int64] {
        var (heads, lengths, index) = ([Int64](), [Int](), 0)
        while index < instants.count {
            let begin = index
            while index < instants.count, instants[index] == instants[begin] { index += 1 }
            heads.append(instants[begin].nanoseconds)
            lengths.append(index - begin)
        }
        columns.putLengths(lengths)
        return heads
    }

    /// Divides by the greatest power of a thousand that divides all; answers its exponent of ten.
    private static func divide(_ heads: inout [Int64]) -> UInt8 {
        var (unit, exponent) = (Int64(1_000_000_000), largestExponent)
        for head in heads {
            while head % unit != 0 {
                unit /= 1000
                exponent -= 3
            }
            if unit == 1 { return 0 }
        }
        for index in heads.indices { heads[index] /= unit }
        return exponent
    }
}

extension InstantColumn {
    static func read(
        count: Int, _ columns: inout ByteReader, _ bits: inout BitReader
    ) throws(Malformed) -> [Instant] {
        guard count > 0 else { return [] }
        let shared = try columns.readLengths(count: count)
        let heads = try readHeads(count: shared.count, &columns, &bits)
        var instants: [Instant] = []
        instants.reserveCapacity(count)
        for (head, length) in zip(heads, shared) {
            instants.append(contentsOf: repeatElement(Instant(nanoseconds: head), count: length))
        }
        return instants
    }

    private static func readHeads(
        count: Int, _ columns: inout ByteReader, _ bits: inout BitReader
    ) throws(Malformed) -> [Int64] {
        let unit = try unit(exponent: try columns.read())
        let lag = try columns.readCount(limit: count)
        guard lag > 0 else { throw Malformed() }
        var heads = [try columns.readZigzag()]
        heads.reserveCapacity(count)
        while heads.count < lag {
            heads.append(heads[heads.count - 1] &+ (try columns.readZigzag()))
        }
        let least = try columns.readZigzag()
        let width = try columns.read(UInt8.self)
        guard width <= 64 || width == varints else { throw Malformed() }
        while heads.count < count {
            let above =
                width == varints ? try columns.readVarint() : try bits.read(width: Int(width))
            heads.append(heads[heads.count - lag] &+ least &+ Int64(bitPattern: above))
        }
        return heads.map { $0 &* unit }
    }

    private static func unit(exponent: UInt8) throws(Malformed) -> Int64 {
        switch exponent {
        case 0: 1
        case 3: 1_000
        case 6: 1_000_000
        case 9: 1_000_000_000
        default: throw Malformed()
        }
    }
}

/// How instants are written: chosen by what costs the fewest bits.
private struct InstantPlan {
    var lag: Int
    var least: Int64 = 0
    /// Nil for varints, which one pause in the polls does not make longer for all.
    var width: Int?
    /// In bits.
    var cost = 0

    /// What an instant that nothing lies before costs, in bits.
    private static let leadBits = 24

    static func best(for heads: [Int64], period: Int) -> InstantPlan {
        let plain = InstantPlan(for: heads, lag: 1)
        guard period > 1, period < heads.count else { return plain }
        let periodic = InstantPlan(for: heads, lag: period)
        return periodic.cost < plain.cost ? periodic : plain
    }

    private init(for heads: [Int64], lag: Int) {
        self.lag = lag
        let rest = heads.indices.dropFirst(lag)
        least = rest.lazy.map { heads[$0] &- heads[$0 - lag] }.min() ?? 0
        var (union, varintBits) = (UInt64(0), 0)
        for index in rest {
            let above = above(heads, index)
            union |= above
            varintBits += above.varintBits
        }
        let packedBits = rest.count * union.significantBits
        width = packedBits <= varintBits ? union.significantBits : nil
        cost = lag * InstantPlan.leadBits + min(packedBits, varintBits)
    }

    /// What the difference of an instant is above the least.
    @inline(__always)
    func above(_ heads: [Int64], _ index: Int) -> UInt64 {
        UInt64(bitPattern: heads[index] &- heads[index - lag] &- least)
    }
}
