/// The clock that readings are stamped with and that every deadline is on.
///
/// The system's is `SystemClock` in Platform; tests use `ManualClock` of TestSupport.
public protocol BootClock: Sendable {
    /// The present instant of CLOCK_MONOTONIC.
    func now() -> Instant
    /// What civil time the system believes it is now, and whether that is to be trusted.
    func anchor() -> ClockAnchor
}

/// One boot of the machine: the kernel's random boot id
/// (/proc/sys/kernel/random/boot_id, 128 bits).
public struct BootID: Hashable, Sendable, CustomStringConvertible {
    /// The upper 64 bits.
    public var high: UInt64
    /// The lower 64 bits.
    public var low: UInt64

    /// A boot id of two halves.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Reads the kernel's form, 32 hexadecimal digits with or without hyphens.
    public init?(_ text: some StringProtocol) {
        let digits = String(text.filter(\.isHexDigit))
        guard digits.utf8.count == 32,
            let high = UInt64(digits.prefix(16), radix: 16),
            let low = UInt64(digits.suffix(16), radix: 16)
        else { return nil }
        self.init(high: high, low: low)
    }

    public var description: String { high.hexadecimal + low.hexadecimal }
}

extension UInt64 {
    /// Sixteen lower-case hexadecimal digits.
    public var hexadecimal: String {
        let digits = String(self, radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }
}
