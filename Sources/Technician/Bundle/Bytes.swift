/// Small questions about bytes of text.
enum Bytes {
    static func small(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }

    /// A letter, a digit, `_` or `-`.
    static func isWord(_ byte: UInt8) -> Bool {
        switch small(byte) {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }

    static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    static func trimmed(_ bytes: [UInt8]) -> [UInt8] {
        let front = bytes.drop { isBlank($0) || $0 == 0x0A || $0 == 0x0D }
        let end = front.lastIndex { !isBlank($0) && $0 != 0x0A && $0 != 0x0D }
        return end.map { Array(front[...$0]) } ?? []
    }

    /// Where a text begins in others, large and small letters being the same; nil if it does not.
    static func range(of text: String, in bytes: [UInt8], from start: Int = 0) -> Int? {
        let wanted = text.utf8.map(small)
        guard let first = wanted.first, bytes.count >= wanted.count + start else { return nil }
        for index in start...(bytes.count - wanted.count) where small(bytes[index]) == first {
            if wanted.indices.allSatisfy({ small(bytes[index + $0]) == wanted[$0] }) {
                return index
            }
        }
        return nil
    }

    static func contains(_ bytes: [UInt8], _ text: String) -> Bool {
        range(of: text, in: bytes) != nil
    }
}
