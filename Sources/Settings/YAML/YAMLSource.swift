/// A mistake in the text itself, before anything is known of its meaning.
struct YAMLMistake: Error, Hashable {
    var position: TextPosition
    var what: String
    var mend: String
}

/// A text that is fit for the parser: UTF-8, without characters that no configuration needs.
struct YAMLSource {
    /// The text without a byte order mark.
    let bytes: [UInt8]

    /// Checks the bytes, and names the place of the first that is not right.
    init(_ bytes: [UInt8]) throws(YAMLMistake) {
        guard bytes.count <= SettingsLimits.fileBytes else {
            throw YAMLMistake(
                position: .start,
                what: "the file has more than \(SettingsLimits.fileBytes >> 20) MiB",
                mend: "check that it is the right file")
        }
        let text = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
        var decoder = Unicode.UTF8.ForwardParser()
        var source = text.makeIterator()
        var place = TextPosition.start
        var isIndentation = true
        while true {
            switch decoder.parseScalar(from: &source) {
            case .emptyInput:
                self.bytes = text
                return
            case .error: throw Self.notUTF8(at: place)
            case .valid(let encoded):
                let scalar = Unicode.UTF8.decode(encoded)
                if let mistake = Self.refusal(of: scalar, at: place) { throw mistake }
                if isIndentation, scalar == "\u{A0}" { throw Self.noBreakSpace(at: place) }
                isIndentation = scalar == "\n" || isIndentation && scalar == " "
                place.column += 1
                if scalar == "\n" { place = TextPosition(line: place.line + 1, column: 1) }
            }
        }
    }

    private static func notUTF8(at position: TextPosition) -> YAMLMistake {
        YAMLMistake(
            position: position, what: "this is not UTF-8 text",
            mend: "save the file with the encoding UTF-8")
    }

    private static func noBreakSpace(at position: TextPosition) -> YAMLMistake {
        YAMLMistake(
            position: position, what: "the line is indented with a no-break space (U+00A0)",
            mend: "indent with plain blanks; text copied from a page or a chat often has these")
    }

    /// YAML's printable characters (YAML 1.1 section 5.1) without the line breaks that editors
    /// do not count as lines (NEL, LS, PS).
    private static func refusal(of scalar: Unicode.Scalar, at position: TextPosition)
        -> YAMLMistake?
    {
        switch scalar.value {
        case 0x09, 0x0A, 0x0D, 0x20...0x7E, 0xA0...0x2027, 0x202A...0xFEFE, 0xFF00...0xFFFD,
            0x10000...:
            return nil
        default:
            let digits = String(scalar.value, radix: 16, uppercase: true)
            let code = String(repeating: "0", count: max(0, 4 - digits.count)) + digits
            return YAMLMistake(
                position: position, what: "the invisible character U+\(code) does not belong here",
                mend: "delete it")
        }
    }

    /// The place, or the end of the text if it lies beyond: libyaml finds the end of a text without
    /// a last line break on a line of its own.
    func clamped(_ place: TextPosition) -> TextPosition {
        let lines = bytes.count { $0 == 0x0A || $0 == 0x0D } + 1
        guard place.line > lines else { return place }
        let last = bytes.reversed().prefix { $0 != 0x0A && $0 != 0x0D }.reversed()
        return TextPosition(
            line: lines, column: String(decoding: Array(last), as: UTF8.self).count + 1)
    }

    /// Whether the line's indentation has a tab at or before this place, and where.
    func tab(inIndentationOf line: Int) -> TextPosition? {
        let lines = bytes.split(separator: 0x0A, maxSplits: line, omittingEmptySubsequences: false)
        guard lines.indices.contains(line - 1) else { return nil }
        let indentation = lines[line - 1].prefix { $0 == 0x20 || $0 == 0x09 }
        guard let tab = indentation.firstIndex(of: 0x09) else { return nil }
        return TextPosition(line: line, column: tab - indentation.startIndex + 1)
    }

    /// A line without what ends it; empty if there is none.
    private func line(_ number: Int) -> ArraySlice<UInt8> {
        let lines = bytes.split(
            separator: 0x0A, maxSplits: number, omittingEmptySubsequences: false)
        return lines.indices.contains(number - 1) ? lines[number - 1] : []
    }

    /// Where a line has its first no-break space, if it has one.
    func noBreakSpace(in number: Int) -> TextPosition? {
        let scalars = String(decoding: line(number), as: UTF8.self).unicodeScalars
        guard let index = Array(scalars).firstIndex(of: "\u{A0}") else { return nil }
        return TextPosition(line: number, column: index + 1)
    }

    /// Whether a line is an item of a list.
    func isItem(_ number: Int) -> Bool {
        line(number).drop { $0 == 0x20 }.starts(with: "- ".utf8)
    }
}
