extension [UInt8] {
    /// The bytes of a text in base64 (RFC 4648 section 4) with its padding; nil if it is none.
    init?(base64 text: String) {
        let body = text.utf8.prefix { $0 != UInt8(ascii: "=") }
        guard text.utf8.count.isMultiple(of: 4), text.utf8.count - body.count <= 2,
            text.utf8.dropFirst(body.count).allSatisfy({ $0 == UInt8(ascii: "=") })
        else { return nil }
        self = []
        reserveCapacity(text.utf8.count / 4 * 3)
        var (bits, count) = (0, 0)
        for letter in body {
            guard let six = Self.sixBits(letter) else { return nil }
            (bits, count) = (bits << 6 | six, count + 6)
            guard count >= 8 else { continue }
            count -= 8
            append(UInt8(truncatingIfNeeded: bits >> count))
            bits &= (1 << count) - 1
        }
    }

    private static func sixBits(_ letter: UInt8) -> Int? {
        switch letter {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): Int(letter) - 65
        case UInt8(ascii: "a")...UInt8(ascii: "z"): Int(letter) - 97 + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(letter) - 48 + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
