/// Sensirion's 16-bit words, each followed by its checksum: CRC-8, polynomial 0x31, beginning with
/// 0xFF (data sheet SHT3x-DIS, version 7, section 4.12).
enum SensirionWords {
    /// The words; nil if a checksum is wrong.
    static func read(_ bytes: [UInt8]) -> [UInt16]? {
        guard bytes.count.isMultiple(of: 3) else { return nil }
        var words: [UInt16] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let (high, low) = (bytes[start], bytes[start + 1])
            guard checksum([high, low]) == bytes[start + 2] else { return nil }
            words.append(UInt16(high) << 8 | UInt16(low))
        }
        return words
    }

    static func checksum(_ bytes: [UInt8]) -> UInt8 {
        bytes.reduce(0xFF) { crc, byte in
            (0..<8).reduce(crc ^ byte) { crc, _ in
                crc & 0x80 != 0 ? crc << 1 ^ 0x31 : crc << 1
            }
        }
    }
}
