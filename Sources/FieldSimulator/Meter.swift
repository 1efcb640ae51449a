import Glibc
import Telemetry

// A three-phase meter with the register map of Eastron's SDM630 (SDM630 Modbus V2 protocol
// document, table of input registers): float32, high word first, on functions 04 and 03.
//
// | address       | quantity                          | unit  |
// |---------------|-----------------------------------|-------|
// | 0x0000 02 04  | voltage to neutral, phases 1 to 3 | V     |
// | 0x0006 08 0A  | current                           | A     |
// | 0x000C 0E 10  | power                             | W     |
// | 0x0012 14 16  | apparent power                    | VA    |
// | 0x0018 1A 1C  | reactive power                    | var   |
// | 0x001E 20 22  | power factor                      |       |
// | 0x0024 26 28  | phase angle                       | deg   |
// | 0x002A        | voltage to neutral, mean          | V     |
// | 0x002E        | current, mean                     | A     |
// | 0x0030        | current, sum                      | A     |
// | 0x0034        | power, total                      | W     |
// | 0x0038        | apparent power, total             | VA    |
// | 0x003C        | reactive power, total             | var   |
// | 0x003E        | power factor, total               |       |
// | 0x0042        | phase angle, total                | deg   |
// | 0x0046        | frequency                         | Hz    |
// | 0x0048        | energy imported                   | kWh   |
// | 0x004A        | energy exported                   | kWh   |
// | 0x004C        | reactive energy imported          | kvarh |
// | 0x00C8 CA CC  | voltage between phases 12, 23, 31 | V     |
// | 0x00CE        | voltage between phases, mean      | V     |
// | 0x0156        | energy, total                     | kWh   |
// | 0x0158        | reactive energy, total            | kvarh |
// | 0x015A 5C 5E  | energy imported, phases 1 to 3    | kWh   |

/// A simulated meter. Its values are a function of its unit id and of civil time alone: power
/// swings slowly around a mean of its own, everything else follows from power, voltage and power
/// factor, and energy is power's integral, so it only rises.
struct Meter {
    private struct Phase {
        var voltage, power, factor, energy: Double

        var apparent: Double { power / factor }
        var current: Double { apparent / voltage }
        var reactive: Double { (apparent * apparent - power * power).squareRoot() }
        var angle: Double { acos(factor) * 180 / .pi }
        /// Reactive energy in kvarh: the power factor is constant.
        var reactiveEnergy: Double { energy * (1 / (factor * factor) - 1).squareRoot() }
    }

    /// Civil time that the energy counters started at: 2026-01-01T00:00:00Z.
    private static let start = 1_767_225_600.0
    /// The swing of the power, and its period in seconds.
    private static let swing = 0.25
    private static let period = 240.0

    private let phases: [Phase]
    private let frequency: Double

    /// The meter of this unit at this moment.
    init(unit: UInt8, at time: WallTime) {
        let seconds = Double(time.nanosecondsSince1970) / 1e9 - Meter.start
        phases = (0..<3).map { Meter.phase($0, Double(unit), seconds) }
        frequency = 50 + 0.02 * sin(seconds / 11 + Double(unit))
    }

    private static func phase(_ index: Int, _ unit: Double, _ seconds: Double) -> Phase {
        let shift = unit + Double(index) * 2.1
        let mean = 300 + 20 * unit + 50 * Double(index)
        let speed = 2 * Double.pi / period
        let power = mean * (1 + swing * sin(speed * seconds + shift))
        let joules = mean * (seconds + swing / speed * (1 - cos(speed * seconds + shift)))
        return Phase(
            voltage: 230 + 3 * sin(seconds / 95 + shift) + 0.4 * sin(seconds / 1.3 + shift),
            power: power, factor: 0.97 - 0.01 * Double(index), energy: joules / 3.6e6)
    }

    /// Calls `store` with each quantity's first register and its value.
    func forEach(_ store: (_ address: Int, _ value: Float) -> Void) {
        for (index, phase) in phases.enumerated() {
            let columns = [
                phase.voltage, phase.current, phase.power, phase.apparent, phase.reactive,
                phase.factor, phase.angle,
            ]
            for (column, value) in columns.enumerated() {
                store(column * 6 + index * 2, Float(value))
            }
            store(0x15A + index * 2, Float(phase.energy))
            store(0x0C8 + index * 2, Float(between(index, (index + 1) % 3)))
        }
        for (address, value) in totals { store(address, Float(value)) }
    }

    private var totals: [(address: Int, value: Double)] {
        let power = sum(\.power)
        let reactive = sum(\.reactive)
        let apparent = (power * power + reactive * reactive).squareRoot()
        return [
            (0x2A, sum(\.voltage) / 3), (0x2E, sum(\.current) / 3), (0x30, sum(\.current)),
            (0x34, power), (0x38, apparent), (0x3C, reactive), (0x3E, power / apparent),
            (0x42, acos(power / apparent) * 180 / .pi), (0x46, frequency),
            (0x48, sum(\.energy)), (0x4A, 0), (0x4C, sum(\.reactiveEnergy)),
            (0xCE, (between(0, 1) + between(1, 2) + between(2, 0)) / 3),
            (0x156, sum(\.energy)), (0x158, sum(\.reactiveEnergy)),
        ]
    }

    private func sum(_ quantity: (Phase) -> Double) -> Double {
        phases.reduce(0) { $0 + quantity($1) }
    }

    /// The voltage between two phases that are 120 degrees apart.
    private func between(_ first: Int, _ second: Int) -> Double {
        let (a, b) = (phases[first].voltage, phases[second].voltage)
        return (a * a + b * b + a * b).squareRoot()
    }
}
