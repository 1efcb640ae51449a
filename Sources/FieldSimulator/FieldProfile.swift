import Glibc
import Telemetry

/// What simulated devices show in their registers.
public enum FieldProfile: String, Sendable, CaseIterable {
    /// Three-phase meters with moving values (`Meter`).
    case meter
    /// Every register is a scrambled clock, so that whoever receives a value can tell when it was
    /// sampled (`CounterClock`).
    case counter
    /// Every register shows its own address; every third bit is on, from address 0.
    case addresses

    /// Whether the coil or discrete input at this address is on at the start.
    func bit(at address: Int) -> Bool {
        self == .addresses && address % 3 == 0
    }
}

/// The clock of the `counter` profile: 10 ms ticks of civil time modulo 65,536 (it wraps after
/// 655 s), as `permute(tick ^ salt(unit, address))`. The permutation is a bijection of 16 bits, so
/// (unit, address, value) gives the tick back. All registers of one answer show one tick.
public enum CounterClock {
    /// The clock's step.
    public static let step = Duration.milliseconds(10)

    /// What the register shows at this moment of civil time.
    public static func value(unit: UInt8, address: Int, at time: WallTime) -> UInt16 {
        let tick = UInt16(truncatingIfNeeded: time.nanosecondsSince1970 / step.nanoseconds)
        return permute(tick ^ salt(unit: unit, address: address))
    }

    private static func salt(unit: UInt8, address: Int) -> UInt16 {
        UInt16(truncatingIfNeeded: Int(unit) * 2477 + address * 40503)
    }

    private static func permute(_ value: UInt16) -> UInt16 {
        var x = value &* 0x9E37
        x ^= x >> 7
        x = x &* 0x6A4D
        x ^= x >> 9
        return x &* 0xB529
    }
}

extension WallTime {
    /// The present civil time.
    static func now() -> WallTime {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return WallTime(
            nanosecondsSince1970: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }
}
