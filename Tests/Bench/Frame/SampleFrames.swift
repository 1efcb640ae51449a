import Telemetry
import TestSupport

/// A kind of readings to be measured, of as many readings as a frame has.
struct SampleFrame {
    var name: String
    var readings: ReadingBatch
    /// What reference signals of this kind and count took, in bytes: columns of delta varints and
    /// zstd.
    var reference: Int?
}

extension SampleFrame {
    /// All of them, their points interned in a table.
    static func all(_ table: PointTable) -> [SampleFrame] {
        let maker = FrameMaker(table: table)
        return [
            SampleFrame(name: "W1: scrambled registers, 10 s", readings: maker.registers()),
            SampleFrame(name: "meters, 1 poll", readings: maker.meters(polls: 1), reference: 161),
            SampleFrame(name: "meters, 6 polls", readings: maker.meters(polls: 6), reference: 266),
            SampleFrame(
                name: "meters, 30 polls", readings: maker.meters(polls: 30), reference: 611),
            SampleFrame(
                name: "meters, 360 polls", readings: maker.meters(polls: 360), reference: 4758),
            SampleFrame(name: "energy counters", readings: maker.counters()),
            SampleFrame(name: "booleans", readings: maker.booleans()),
            SampleFrame(name: "float32, 3 places", readings: maker.floats()),
            SampleFrame(name: "noise, doubles", readings: maker.noise()),
            SampleFrame(name: "texts of 5 states", readings: maker.texts()),
            SampleFrame(name: "one unit of ten mute", readings: maker.mute()),
            SampleFrame(name: "deadband: one in three", readings: maker.filtered()),
        ]
    }
}

/// Makes readings as polls bring them: the points of a unit in their order, at one instant.
private struct FrameMaker {
    let table: PointTable

    private func points(_ device: String, _ names: [String], unit: String = "") -> [PointID] {
        names.compactMap {
            table.intern(Point(device: device, name: $0, unit: Unit(unchecked: unit)))
        }
    }

    private static let start = Instant(nanoseconds: 86_400_000_000_000)

    /// Polls of units of one size: the units in an order that changes, the answer of each within
    /// half a millisecond.
    private func polled(
        _ name: String, units: Int, size: Int, polls: Int, every seconds: Int,
        keep: ((_ poll: Int, _ unit: Int, _ point: Int) -> Bool)? = nil,
        value: (_ poll: Int, _ unit: Int, _ point: Int) -> Value?
    ) -> ReadingBatch {
        let ids = (0..<units).map { unit in
            points("\(name)-\(unit)", (0..<size).map { "r\($0)" })
        }
        var (random, batch) = (SplitMix(seed: 5), ReadingBatch())
        for poll in 0..<polls {
            var instant = FrameMaker.start + .seconds(poll * seconds)
            for unit in Array(0..<units).shuffled(using: &random) {
                instant = instant + .nanoseconds(Int.random(in: 100_000..<600_000, using: &random))
                for (point, id) in ids[unit].enumerated() {
                    let value = value(poll, unit, point)
                    if let keep, !keep(poll, unit, point) { continue }
                    batch.append(
                        point: id, value: value, quality: value == nil ? .timeout : .good,
                        at: instant)
                }
            }
        }
        return batch
    }

    /// 10 units of 100 registers each second: the 16 bits of each are as good as random.
    func registers() -> ReadingBatch {
        var random = SplitMix(seed: 1)
        return polled("unit", units: 10, size: 100, polls: 10, every: 1) { _, _, _ in
            .uint64(random.next() >> 48)
        }
    }

    /// The same with one unit that does not answer.
    func mute() -> ReadingBatch {
        var random = SplitMix(seed: 1)
        return polled("unit", units: 10, size: 100, polls: 10, every: 1) { _, unit, _ in
            unit == 3 ? nil : .uint64(random.next() >> 48)
        }
    }

    /// Four meters of ten values each 10 s, all at one instant; seven of each drift in steps of their last place, two
    /// in three polls. Taken so that other codings give what they gave for the reference signals
    /// at 14,400 readings: Gorilla 39 KB, columns of delta varints 10 KB, with zstd 4.8 KB.
    func meters(polls: Int) -> ReadingBatch {
        let kinds: [(name: String, unit: String, start: Int, divisor: Double, step: Int64)] = [
            ("voltage-l1", "V", 2301, 10, 8), ("voltage-l2", "V", 2312, 10, 8),
            ("voltage-l3", "V", 2298, 10, 8), ("current-l1", "A", 512, 100, 7),
            ("current-l2", "A", 488, 100, 7), ("current-l3", "A", 530, 100, 7),
            ("power", "kW", 11524, 10, 0), ("frequency", "Hz", 5001, 100, 2),
            ("temp", "Cel", 214, 10, 0), ("alarms", "", 0, 1, 0),
        ]
        var (random, batch) = (SplitMix(seed: 2), ReadingBatch())
        var present = (0..<40).map { Int64(kinds[$0 % 10].start + $0 / 10 * 37) }
        for poll in 0..<polls {
            for index in 0..<40 {
                let kind = kinds[index % 10]
                if poll > 0, Int.random(in: 0..<100, using: &random) >= 36 {
                    present[index] += .random(in: -kind.step...kind.step, using: &random)
                }
                let id = points("meter-\(index / 10)", [kind.name], unit: kind.unit)[0]
                batch.append(
                    point: id, value: .double(Double(present[index]) / kind.divisor),
                    at: FrameMaker.start + .seconds(poll * 10))
            }
        }
        return batch
    }

    /// Counters that rise by nearly the same each time.
    func counters() -> ReadingBatch {
        var random = SplitMix(seed: 3)
        return polled("counter", units: 4, size: 10, polls: 30, every: 10) { poll, unit, point in
            let rate = 1_000 * unit + 37 * point
            return .uint64(
                UInt64(123_456_789 + poll * rate + Int.random(in: 0...3, using: &random)))
        }
    }

    func booleans() -> ReadingBatch {
        var random = SplitMix(seed: 4)
        return polled("input", units: 4, size: 10, polls: 30, every: 10) { _, _, point in
            .bool(Int.random(in: 0..<20, using: &random) == 0 ? point % 2 == 0 : point % 2 == 1)
        }
    }

    /// What a float32 register holds, rounded by its device.
    func floats() -> ReadingBatch {
        var random = SplitMix(seed: 6)
        return polled("float", units: 4, size: 10, polls: 30, every: 10) { _, _, point in
            let value = 20_000 + point * 1000 + Int.random(in: 0...99, using: &random)
            return .double(Double(Float(Double(value) / 1000)))
        }
    }

    /// Values of which a deadband lets every third or so pass.
    func filtered() -> ReadingBatch {
        var (random, passing) = (SplitMix(seed: 9), SplitMix(seed: 10))
        return polled(
            "filtered", units: 4, size: 10, polls: 90, every: 10,
            keep: { _, _, _ in Int.random(in: 0..<3, using: &passing) == 0 },
            value: { _, _, point in
                .double(Double(2300 + point * 7 + Int.random(in: -9...9, using: &random)) / 10)
            })
    }

    func noise() -> ReadingBatch {
        var random = SplitMix(seed: 7)
        return polled("noise", units: 4, size: 10, polls: 30, every: 10) { _, _, _ in
            .double(.random(in: 0..<1, using: &random))
        }
    }

    func texts() -> ReadingBatch {
        let states = ["off", "starting", "running", "stopping", "fault"]
        var random = SplitMix(seed: 8)
        return polled("pump", units: 4, size: 10, polls: 30, every: 10) { _, _, _ in
            .string(states[Int.random(in: 0..<5, using: &random)])
        }
    }
}
