/// Reads JSON that somebody else wrote, strictly by RFC 8259 and within bounds: UTF-8, no name
/// twice in an object, no half of a surrogate pair, no number that 64 bits do not hold.
public struct JSONReader {
    /// How much of a text is taken, beside its length, which is its giver's to bound.
    public struct Limits: Sendable {
        /// The deepest nesting.
        public var depth: Int
        /// The most values, containers with them.
        public var values: Int
        /// Whether a number beyond what a double holds is infinite, so that it costs its own place
        /// and not the whole text.
        var takesHugeNumbers = false

        public init(depth: Int, values: Int) {
            (self.depth, self.values) = (depth, values)
        }

        /// What a broker brings: ours need three levels.
        public static let message = Limits(depth: 8, values: 8192)
    }

    /// The longest number in bytes: the shortest decimal of any double has 24.
    static let numberLimit = 64

    private let bytes: [UInt8]
    private let limits: Limits
    private var position = 0
    private var values = 0

    /// The value that a whole text stands for.
    public static func read(
        _ bytes: [UInt8], limits: Limits = .message
    ) throws(JSONFlaw) -> JSONValue {
        var reader = JSONReader(bytes: bytes, limits: limits)
        let value = try reader.value(depth: 0)
        reader.skipBlanks()
        guard reader.next == nil else { throw reader.flaw("something behind the end") }
        return value
    }

    private init(bytes: [UInt8], limits: Limits) {
        (self.bytes, self.limits) = (bytes, limits)
    }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private func flaw(_ what: String) -> JSONFlaw { JSONFlaw(what: what, offset: position) }

    /// RFC 8259 section 2: space, tab, line feed and carriage return.
    private mutating func skipBlanks() {
        while let byte = next, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { position += 1 }
    }

    /// Passes this byte if it is the next one.
    private mutating func pass(_ byte: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: byte) else { return false }
        position += 1
        return true
    }

    private mutating func value(depth: Int) throws(JSONFlaw) -> JSONValue {
        guard depth < limits.depth else { throw flaw("nested deeper than \(limits.depth)") }
        values += 1
        guard values <= limits.values else { throw flaw("more than \(limits.values) values") }
        skipBlanks()
        switch next {
        case UInt8(ascii: "{"): return .object(try object(depth: depth))
        case UInt8(ascii: "["): return .array(try array(depth: depth))
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case nil: throw flaw("the end where a value is due")
        default: return try number()
        }
    }

    private mutating func word(_ word: StaticString, _ value: JSONValue) throws(JSONFlaw)
        -> JSONValue
    {
        let end = position + word.utf8CodeUnitCount
        let isThere = word.withUTF8Buffer {
            end <= bytes.count && bytes[position..<end].elementsEqual($0)
        }
        guard isThere else { throw flaw("no JSON value") }
        position = end
        return value
    }

    // MARK: Containers

    private mutating func object(depth: Int) throws(JSONFlaw) -> JSONObject {
        position += 1
        var (object, names) = (JSONObject(), Set<String>())
        skipBlanks()
        if pass("}") { return object }
        repeat {
            skipBlanks()
            guard next == UInt8(ascii: "\"") else { throw flaw("no name where one is due") }
            let name = try string()
            guard names.insert(name).inserted else { throw flaw("a name for the second time") }
            skipBlanks()
            guard pass(":") else { throw flaw("no colon behind a name") }
            object.members.append(.init(name: name, value: try value(depth: depth + 1)))
            skipBlanks()
        } while pass(",")
        guard pass("}") else { throw flaw("neither comma nor brace behind a member") }
        return object
    }

    private mutating func array(depth: Int) throws(JSONFlaw) -> [JSONValue] {
        position += 1
        var elements: [JSONValue] = []
        skipBlanks()
        if pass("]") { return elements }
        repeat {
            elements.append(try value(depth: depth + 1))
            skipBlanks()
        } while pass(",")
        guard pass("]") else { throw flaw("neither comma nor bracket behind an element") }
        return elements
    }

    // MARK: Numbers

    /// RFC 8259 section 6: no plus sign, no zeros in front, digits on both sides of a point.
    private mutating func number() throws(JSONFlaw) -> JSONValue {
        let start = position
        let isNegative = pass("-")
        let first = next
        guard passDigits() else {
            position = start
            throw flaw("no JSON value")
        }
        let length = position - start - (isNegative ? 1 : 0)
        guard first != UInt8(ascii: "0") || length == 1 else { throw flaw("a zero in front") }
        var isWhole = true
        if pass(".") {
            isWhole = false
            guard passDigits() else { throw flaw("no digit behind a point") }
        }
        if pass("e") || pass("E") {
            isWhole = false
            _ = pass("+") || pass("-")
            guard passDigits() else { throw flaw("no digit in an exponent") }
        }
        guard position - start <= Self.numberLimit else {
            throw flaw("a number of more than \(Self.numberLimit) characters")
        }
        return try number(String(decoding: bytes[start..<position], as: UTF8.self), isWhole)
    }

    private mutating func passDigits() -> Bool {
        let start = position
        while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
            position += 1
        }
        return position > start
    }

    private func number(_ text: String, _ isWhole: Bool) throws(JSONFlaw) -> JSONValue {
        if isWhole {
            if let value = Int64(text) { return .integer(value) }
            if let value = UInt64(text) { return .unsigned(value) }
        }
        guard let value = Double(text), value.isFinite || limits.takesHugeNumbers else {
            throw flaw("a number that is too large")
        }
        return .double(value)
    }

    // MARK: Strings

    private mutating func string() throws(JSONFlaw) -> String {
        position += 1
        var text: [UInt8] = []
        while let byte = next {
            switch byte {
            case UInt8(ascii: "\""):
                guard let string = String(validating: text, as: UTF8.self) else {
                    throw flaw("a text that is not UTF-8")
                }
                position += 1
                return string
            case UInt8(ascii: "\\"):
                position += 1
                text += try escape().utf8
            case 0..<0x20: throw flaw("a control character in a text")
            default:
                text.append(byte)
                position += 1
            }
        }
        throw flaw("the end within a text")
    }

    private mutating func escape() throws(JSONFlaw) -> String {
        guard let letter = next else { throw flaw("the end within a text") }
        position += 1
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"):
            return String(Unicode.Scalar(letter))
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return String(try scalar())
        default: throw flaw("an escape that JSON does not have")
        }
    }

    /// One scalar, of two escapes if the first is half of a surrogate pair.
    private mutating func scalar() throws(JSONFlaw) -> Unicode.Scalar {
        let first = try codeUnit()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard UTF16.isLeadSurrogate(first), pass("\\"), pass("u") else {
            throw flaw("half of a surrogate pair")
        }
        let second = try codeUnit()
        let (high, low) = (UInt32(first & 0x3FF), UInt32(second & 0x3FF))
        guard UTF16.isTrailSurrogate(second),
            let scalar = Unicode.Scalar(0x10000 + (high << 10 | low))
        else { throw flaw("half of a surrogate pair") }
        return scalar
    }

    private mutating func codeUnit() throws(JSONFlaw) -> UInt16 {
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw flaw("\\u without four hexadecimal digits")
            }
            unit = unit << 4 | UInt16(digit)
            position += 1
        }
        return unit
    }
}
