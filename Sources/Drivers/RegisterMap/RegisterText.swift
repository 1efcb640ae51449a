import Telemetry

/// Which bytes of a register are characters of a string.
public enum CharacterLayout: String, Decodable, Sendable, CaseIterable {
    /// Both: two characters a register.
    case both
    /// The low byte alone.
    case low
    /// The high byte alone.
    case high
}

/// How registers are a text.
struct RegisterText: Sendable {
    var layout: CharacterLayout
    /// Whether the low byte of a register is the earlier character.
    var isLowByteFirst: Bool

    /// The text up to the first NUL, without blanks at its ends.
    ///
    /// Bytes that are no UTF-8 are taken for ISO 8859-1, which older devices write for `°C`. What
    /// holds control characters is no text. 0xFF ends a text like NUL: it is erased memory, and
    /// nothing is there if it comes first.
    func decode(_ words: ArraySlice<UInt16>) -> (Value?, Quality) {
        let bytes = bytes(words).prefix { $0 != 0 && $0 != 0xFF }
        if bytes.isEmpty, self.bytes(words.prefix(1)).first == 0xFF { return (nil, .notAvailable) }
        let trimmed = Self.trim(bytes)
        let text = String(validating: trimmed, as: UTF8.self) ?? Self.latin1(trimmed)
        let isText = !text.unicodeScalars.contains { $0.properties.generalCategory == .control }
        return isText ? (.string(text), .good) : (nil, .unrepresentable)
    }

    private func bytes(_ words: ArraySlice<UInt16>) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(words.count * 2)
        for word in words {
            let (high, low) = (UInt8(word >> 8), UInt8(truncatingIfNeeded: word))
            switch layout {
            case .both: bytes += isLowByteFirst ? [low, high] : [high, low]
            case .low: bytes.append(low)
            case .high: bytes.append(high)
            }
        }
        return bytes
    }

    /// Without blanks, tabs and line ends at either end.
    private static func trim(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let isBlank = { (byte: UInt8) in byte == 0x20 || (0x09...0x0D).contains(byte) }
        guard let first = bytes.firstIndex(where: { !isBlank($0) }),
            let last = bytes.lastIndex(where: { !isBlank($0) })
        else { return [] }
        return bytes[first...last]
    }

    private static func latin1(_ bytes: ArraySlice<UInt8>) -> String {
        String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
    }
}
