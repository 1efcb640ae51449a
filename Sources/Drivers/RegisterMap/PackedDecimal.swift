/// Numbers in packed decimal digits (BCD): 0x1234 is 1234.
enum PackedDecimal {
    /// The number; nil if a group of four bits is no digit.
    static func decode(_ raw: UInt64) -> UInt64? {
        var (number, rest, place) = (UInt64(0), raw, UInt64(1))
        while rest != 0 {
            let digit = rest & 0xF
            if digit > 9 { return nil }
            number += digit * place
            rest >>= 4
            // The place behind the sixteenth digit is never used, and fits all the same.
            place *= 10
        }
        return number
    }

    /// The digits; nil if there are more than fit in so many bits.
    static func encode(_ number: UInt64, bits: Int) -> UInt64? {
        var (raw, rest) = (UInt64(0), number)
        for shift in stride(from: 0, to: bits, by: 4) {
            raw |= (rest % 10) << UInt64(shift)
            rest /= 10
        }
        return rest == 0 ? raw : nil
    }

    /// The largest number that fits in so many bits: 9999 in 16.
    static func largest(bits: Int) -> UInt64 {
        (0..<bits / 4).reduce(0) { number, _ in number * 10 + 9 }
    }
}
