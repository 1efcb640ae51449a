/// Reads JSON as device templates have it: with comments (`//` and `/* */`) and commas behind the
/// last element, both of which Wiren Board's own reader takes.
struct TemplateParser {
    private let bytes: [UInt8]
    private var position = 0

    /// The value of a whole text.
    static func parse(_ bytes: [UInt8]) throws(TemplateFlaw) -> TemplateValue {
        guard bytes.count <= TemplateLimits.fileBytes else {
            throw TemplateFlaw(
                place: nil, what: "the file has more than \(TemplateLimits.fileBytes >> 20) MiB",
                mend: "a template is far smaller: check the name")
        }
        var parser = TemplateParser(bytes: bytes)
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { parser.position = 3 }
        let value = try parser.value(depth: 0)
        try parser.skipBlanks()
        guard parser.next == nil else {
            throw parser.flaw("something comes behind the end", "remove it")
        }
        return value
    }

    private init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func value(depth: Int) throws(TemplateFlaw) -> TemplateValue {
        guard depth <= TemplateLimits.depth else {
            throw flaw(
                "more than \(TemplateLimits.depth) levels lie in each other",
                "no template needs so many: check the file")
        }
        try skipBlanks()
        switch next {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return .number(try number())
        }
    }

    // MARK: Containers

    private mutating func object(depth: Int) throws(TemplateFlaw) -> TemplateValue {
        position += 1
        var members: [(key: String, value: TemplateValue)] = []
        while try !ends(with: UInt8(ascii: "}")) {
            guard next == UInt8(ascii: "\"") else {
                throw flaw("a key is missing", "write it in double quotes")
            }
            guard members.count < TemplateLimits.keys else {
                throw flaw("an object has more than \(TemplateLimits.keys) keys", "check the file")
            }
            let key = try string()
            try skipBlanks()
            guard next == UInt8(ascii: ":") else {
                throw flaw("a colon is missing behind the key", "write \"key\": value")
            }
            position += 1
            members.append((key, try value(depth: depth + 1)))
            try separate(from: UInt8(ascii: "}"))
        }
        return .object(members)
    }

    private mutating func array(depth: Int) throws(TemplateFlaw) -> TemplateValue {
        position += 1
        var elements: [TemplateValue] = []
        while try !ends(with: UInt8(ascii: "]")) {
            elements.append(try value(depth: depth + 1))
            try separate(from: UInt8(ascii: "]"))
        }
        return .array(elements)
    }

    private mutating func ends(with bracket: UInt8) throws(TemplateFlaw) -> Bool {
        try skipBlanks()
        guard next == bracket else { return false }
        position += 1
        return true
    }

    /// Passes a comma; without one the bracket has to follow.
    private mutating func separate(from bracket: UInt8) throws(TemplateFlaw) {
        try skipBlanks()
        if next == UInt8(ascii: ",") {
            position += 1
        } else if next != bracket {
            let sign = Character(Unicode.Scalar(bracket))
            throw flaw("a comma or \(sign) is missing", "check the line and the one before it")
        }
    }

    // MARK: Scalars

    private mutating func word(
        _ word: String, _ value: TemplateValue
    ) throws(TemplateFlaw) -> TemplateValue {
        guard bytes[position...].starts(with: word.utf8) else { throw noValue }
        position += word.utf8.count
        return value
    }

    private mutating func number() throws(TemplateFlaw) -> Double {
        let start = position
        while let byte = next, (48...57).contains(byte) || "+-.eE".utf8.contains(byte) {
            position += 1
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        guard let number = Double(text), number.isFinite else {
            position = start
            throw noValue
        }
        return number
    }

    private var noValue: TemplateFlaw {
        flaw(
            next == nil ? "the file ends too early" : "this is no JSON value",
            next == nil ? "check that it is complete" : "write a number, a text in quotes, [ or {")
    }

    private mutating func string() throws(TemplateFlaw) -> String {
        position += 1
        var text: [UInt8] = []
        while let byte = next {
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"): text += try escape().utf8
            default: text.append(byte)
            }
        }
        throw flaw("the file ends within a text", "close it with a double quote")
    }

    private mutating func escape() throws(TemplateFlaw) -> String {
        guard let letter = next else { return "" }
        position += 1
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"):
            return String(Unicode.Scalar(letter))
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try unicode()
        default:
            position -= 1
            throw flaw("there is no such escape", "write \\n, \\t, \\\", \\\\ or \\uXXXX")
        }
    }

    /// One scalar, of two escapes if it is a surrogate pair; half a pair becomes U+FFFD.
    private mutating func unicode() throws(TemplateFlaw) -> String {
        var units = [try codeUnit()]
        if UTF16.isLeadSurrogate(units[0]), bytes[position...].starts(with: "\\u".utf8) {
            position += 2
            units.append(try codeUnit())
        }
        return String(decoding: units, as: UTF16.self)
    }

    private mutating func codeUnit() throws(TemplateFlaw) -> UInt16 {
        let digits = String(decoding: bytes[position...].prefix(4), as: UTF8.self)
        guard digits.utf8.count == 4, !digits.hasPrefix("+"), let unit = UInt16(digits, radix: 16)
        else {
            throw flaw("\\u without four hexadecimal digits", "write \\u00B0 for a degree sign")
        }
        position += 4
        return unit
    }

    // MARK: Blanks

    private mutating func skipBlanks() throws(TemplateFlaw) {
        while let byte = next {
            if byte == 32 || (9...13).contains(byte) {
                position += 1
            } else if bytes[position...].starts(with: "//".utf8) {
                position = bytes[position...].firstIndex(of: 10) ?? bytes.count
            } else if bytes[position...].starts(with: "/*".utf8) {
                try skipComment()
            } else {
                return
            }
        }
    }

    private mutating func skipComment() throws(TemplateFlaw) {
        let start = position
        position += 2
        while position < bytes.count {
            if bytes[position...].starts(with: "*/".utf8) {
                position += 2
                return
            }
            position += 1
        }
        position = start
        throw flaw("the comment has no end", "close it with */")
    }

    private func flaw(_ what: String, _ mend: String) -> TemplateFlaw {
        let before = bytes[..<min(position, bytes.count)]
        let line = before.reduce(1) { $0 + ($1 == 10 ? 1 : 0) }
        let lineStart = before.lastIndex(of: 10).map { $0 + 1 } ?? 0
        return TemplateFlaw(
            place: TemplatePlace(line: line, column: before.endIndex - lineStart + 1), what: what,
            mend: mend)
    }
}
