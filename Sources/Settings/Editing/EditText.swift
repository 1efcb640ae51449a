/// A text by its bytes and lines, as an editor of YAML needs it. Lines end with LF, CR LF or CR, as
/// libyaml has it.
struct EditText: Sendable {
    let bytes: [UInt8]
    /// The lines without what ends them; the last one may be empty.
    let lines: [Range<Int>]
    /// What ends the text's lines.
    let lineBreak: String
    /// Whether all characters are one byte.
    private let isASCII: Bool

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        isASCII = bytes.allSatisfy { $0 < 0x80 }
        var lines: [Range<Int>] = []
        var start = 0
        var lineBreak = ""
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            guard byte == 0x0A || byte == 0x0D else {
                index += 1
                continue
            }
            let isPair = byte == 0x0D && index + 1 < bytes.count && bytes[index + 1] == 0x0A
            if lineBreak.isEmpty { lineBreak = isPair ? "\r\n" : byte == 0x0A ? "\n" : "\r" }
            lines.append(start..<index)
            index += isPair ? 2 : 1
            start = index
        }
        lines.append(start..<bytes.count)
        self.lines = lines
        self.lineBreak = lineBreak.isEmpty ? "\n" : lineBreak
    }

    // MARK: Places

    /// The byte at a place; the end of the line or text if it lies beyond.
    func offset(of position: TextPosition) -> Int {
        guard lines.indices.contains(position.line - 1) else { return bytes.count }
        let line = lines[position.line - 1]
        guard !isASCII else { return min(line.lowerBound + position.column - 1, line.upperBound) }
        var left = position.column - 1
        var index = line.lowerBound
        while index < line.upperBound {
            // Bytes 10xxxxxx go on with a character.
            if bytes[index] & 0xC0 != 0x80 {
                if left == 0 { break }
                left -= 1
            }
            index += 1
        }
        return index
    }

    /// The place of a byte.
    func position(of offset: Int) -> TextPosition {
        let line = line(at: offset)
        let before = bytes[lines[line].lowerBound..<max(lines[line].lowerBound, offset)]
        return TextPosition(line: line + 1, column: before.count { $0 & 0xC0 != 0x80 } + 1)
    }

    /// The line that a byte is in, from 0.
    func line(at offset: Int) -> Int {
        var (low, high) = (0, lines.count - 1)
        while low < high {
            let middle = (low + high + 1) / 2
            if lines[middle].lowerBound <= offset { low = middle } else { high = middle - 1 }
        }
        return low
    }

    /// Where the line behind this one begins; the end of the text if there is none.
    func start(behind line: Int) -> Int {
        line + 1 < lines.count ? lines[line + 1].lowerBound : bytes.count
    }

    /// The column of a byte, from 0.
    func column(of offset: Int) -> Int { offset - lines[line(at: offset)].lowerBound }

    /// Whether nothing but blanks stands before this byte in its line.
    func beginsLine(_ offset: Int) -> Bool {
        bytes[lines[line(at: offset)].lowerBound..<offset].allSatisfy { $0 == 0x20 }
    }

    // MARK: Lines

    /// The blanks before a line's first character.
    func indentation(of line: Int) -> Int { bytes[lines[line]].prefix { $0 == 0x20 }.count }

    func isBlank(_ line: Int) -> Bool { bytes[lines[line]].allSatisfy { $0 == 0x20 || $0 == 0x09 } }

    /// Whether a line has a comment alone.
    func isComment(_ line: Int) -> Bool {
        bytes[lines[line]].first { $0 != 0x20 && $0 != 0x09 } == UInt8(ascii: "#")
    }

    /// The first byte that is no blank, line break or comment.
    func token(from offset: Int) -> Int {
        var index = offset
        while index < bytes.count {
            switch bytes[index] {
            case 0x20, 0x09, 0x0A, 0x0D: index += 1
            case UInt8(ascii: "#"): index = lines[line(at: index)].upperBound
            default: return index
            }
        }
        return index
    }

    /// The comment behind a value, with the blanks before it; empty for none.
    func comment(behind offset: Int) -> String {
        let rest = bytes[offset..<max(offset, lines[line(at: offset)].upperBound)]
        guard rest.first(where: { $0 != 0x20 && $0 != 0x09 }) == UInt8(ascii: "#") else {
            return ""
        }
        return String(decoding: rest, as: UTF8.self)
    }

    func byte(_ offset: Int) -> UInt8? { bytes.indices.contains(offset) ? bytes[offset] : nil }
}
