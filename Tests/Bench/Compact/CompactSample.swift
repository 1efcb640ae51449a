import Telemetry
import TestSupport
import Uplink

/// A kind of batch to be measured.
struct CompactSample {
    var name: String
    var points: PointTable
    var roster: [Presence.RosterPoint]
    var batch: OutboundBatch
}

extension CompactSample {
    /// All of them.
    static func all() -> [CompactSample] {
        [
            registers("W1: one unit's poll", units: 1, polls: 1),
            registers("W1: 1 s", units: 10, polls: 1),
            registers("W1: 1 s, spread over the second", units: 10, polls: 1, spread: 100_000_000),
            registers("W1: 2 s", units: 10, polls: 2),
            registers("W1: 10 s", units: 10, polls: 10),
            meters("meters, 1 poll", polls: 1),
            meters("meters, 6 polls", polls: 6),
            meters("meters, 60 polls", polls: 60),
        ]
    }

    /// Units of 100 registers each, whose 16 bits are as good as random (W1's are a scrambled
    /// clock). The units answer in another order in each second, one behind the other or spread.
    private static func registers(
        _ name: String, units: Int, polls: Int, spread: Int = 350_000
    ) -> CompactSample {
        var maker = Maker()
        let ids = (0..<units).map { unit in
            (0..<100).compactMap { maker.point("unit-\(unit + 1)", "r\($0)") }
        }
        for poll in 0..<polls {
            var instant = Maker.start + .seconds(poll)
            for unit in Array(0..<units).shuffled(using: &maker.random) {
                instant =
                    instant + .nanoseconds(Int.random(in: 0..<2 * spread, using: &maker.random))
                for id in ids[unit] {
                    maker.batch.append(
                        point: id, value: .uint64(maker.random.next() >> 48), at: instant)
                }
            }
        }
        return maker.sample(name)
    }

    /// Four meters of ten values, of which some drift in steps of their last place.
    private static func meters(_ name: String, polls: Int) -> CompactSample {
        let kinds: [(name: String, unit: String, start: Int, divisor: Double, step: Int64)] = [
            ("voltage-l1", "V", 2301, 10, 8), ("voltage-l2", "V", 2312, 10, 8),
            ("voltage-l3", "V", 2298, 10, 8), ("current-l1", "A", 512, 100, 7),
            ("current-l2", "A", 488, 100, 7), ("current-l3", "A", 530, 100, 7),
            ("power", "kW", 11524, 10, 0), ("frequency", "Hz", 5001, 100, 2),
            ("temp", "Cel", 214, 10, 0), ("alarms", "", 0, 1, 0),
        ]
        var maker = Maker()
        var present = (0..<40).map { Int64(kinds[$0 % 10].start + $0 / 10 * 37) }
        for poll in 0..<polls {
            for index in 0..<40 {
                let kind = kinds[index % 10]
                present[index] += .random(in: -kind.step...kind.step, using: &maker.random)
                guard let id = maker.point("meter-\(index / 10)", kind.name, unit: kind.unit) else {
                    continue
                }
                maker.batch.append(
                    point: id, value: .double(Double(present[index]) / kind.divisor),
                    at: Maker.start + .seconds(poll * 10) + .milliseconds(index / 10))
            }
        }
        return maker.sample(name)
    }
}

private struct Maker {
    static let start = Instant(nanoseconds: 86_400_123_456_789)

    var random = SplitMix(seed: 1)
    var batch = ReadingBatch()
    private let points = PointTable()
    private var roster: [Presence.RosterPoint] = []

    mutating func point(_ device: String, _ name: String, unit: String = "") -> PointID? {
        let point = Point(device: device, name: name, unit: Unit(unchecked: unit))
        guard let id = points.intern(point) else { return nil }
        roster.append(Presence.RosterPoint(id: id, point: point))
        return id
    }

    func sample(_ name: String) -> CompactSample {
        let anchor = ClockAnchor(
            boot: BootID(high: 1, low: 2), instant: Maker.start,
            wall: WallTime(nanosecondsSince1970: 1_800_000_000_123_456_789),
            quality: .synchronized)
        // A day of W1 lies behind it.
        return CompactSample(
            name: name, points: points, roster: roster,
            batch: OutboundBatch(
                epoch: Epoch(journal: 0x0123_4567_89AB_CDEF, number: 42),
                firstSequence: 86_400_000, content: .readings(batch), anchor: anchor))
    }
}
