/// Reads JSON (RFC 8259) from the front, piece by piece, as the reader of one format asks for it:
/// nothing is built that is not wanted, which is what the receiver's speed rests on.
struct JSONScanner {
    /// How deep values that are passed over may be nested.
    private static let depthLimit = 32

    private let bytes: [UInt8]
    private var index = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// The next byte that is no white space; nil at the end.
    mutating func peek() -> UInt8? {
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t"):
                index += 1
            default: return bytes[index]
            }
        }
        return nil
    }

    /// Passes over this byte if it is next.
    mutating func take(_ byte: UInt8) -> Bool {
        guard peek() == byte else { return false }
        index += 1
        return true
    }

    mutating func expect(_ byte: Character) throws(Refusal) {
        guard let value = byte.asciiValue, take(value) else {
            throw flaw("`\(byte)` is missing")
        }
    }

    func flaw(_ what: String) -> Refusal {
        Refusal("not the JSON expected: \(what) at byte \(index)")
    }

    // MARK: Words

    /// Reads a text. What is no Unicode, and the zero character, which databases do not take,
    /// becomes U+FFFD.
    mutating func string() throws(Refusal) -> String {
        try expect("\"")
        let start = index
        while index < bytes.count, bytes[index] != UInt8(ascii: "\""),
            bytes[index] != UInt8(ascii: "\\")
        {
            guard bytes[index] >= 0x20 else { throw flaw("a control character in a text") }
            index += 1
        }
        guard index < bytes.count else { throw flaw("a text does not end") }
        if bytes[index] == UInt8(ascii: "\\") { return try escapedString(from: start) }
        defer { index += 1 }
        return String(decoding: bytes[start..<index], as: UTF8.self)
    }

    private mutating func escapedString(from start: Int) throws(Refusal) -> String {
        var units = Array(bytes[start..<index])
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: units, as: UTF8.self)
            case UInt8(ascii: "\\"): units += Array(String(try escape()).utf8)
            case 0..<0x20: throw flaw("a control character in a text")
            default: units.append(byte)
            }
        }
        throw flaw("a text does not end")
    }

    private mutating func escape() throws(Refusal) -> Unicode.Scalar {
        guard index < bytes.count else { throw flaw("a text does not end") }
        defer { index += 1 }
        switch bytes[index] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"):
            return Unicode.Scalar(bytes[index])
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try unicodeEscape()
        default: throw flaw("an unknown escape")
        }
    }

    /// `index` is on the `u`, and on the last digit afterwards.
    private mutating func unicodeEscape() throws(Refusal) -> Unicode.Scalar {
        let unit = try codeUnit()
        if unit == 0 { return "\u{FFFD}" }
        if UTF16.isLeadSurrogate(unit), index + 2 < bytes.count,
            bytes[index + 1] == UInt8(ascii: "\\"), bytes[index + 2] == UInt8(ascii: "u")
        {
            index += 2
            let low = try codeUnit()
            guard UTF16.isTrailSurrogate(low) else { return "\u{FFFD}" }
            return UTF16.decode(UTF16.EncodedScalar([unit, low]))
        }
        return Unicode.Scalar(unit) ?? "\u{FFFD}"
    }

    private mutating func codeUnit() throws(Refusal) -> UInt16 {
        guard index + 4 < bytes.count else { throw flaw("an escape does not end") }
        let digits = bytes[index + 1...index + 4]
        var unit: UInt16 = 0
        for digit in digits {
            guard let value = Character(Unicode.Scalar(digit)).hexDigitValue, digit < 0x80 else {
                throw flaw("an escape is not hexadecimal")
            }
            unit = unit << 4 | UInt16(value)
        }
        index += 4
        return unit
    }

    mutating func bool() throws(Refusal) -> Bool {
        if takeWord("true") { return true }
        if takeWord("false") { return false }
        throw flaw("neither true nor false")
    }

    private mutating func takeWord(_ word: StaticString) -> Bool {
        let length = word.utf8CodeUnitCount
        guard peek() != nil, bytes.count - index >= length else { return false }
        let fits = word.withUTF8Buffer { $0.elementsEqual(bytes[index..<index + length]) }
        if fits { index += length }
        return fits
    }

    // MARK: Numbers

    mutating func number() throws(Refusal) -> DecimalNumber {
        var number = DecimalNumber()
        number.isNegative = take(UInt8(ascii: "-"))
        let start = number.isNegative ? index - 1 : index
        let isZero = index < bytes.count && bytes[index] == UInt8(ascii: "0")
        let length = digits(into: &number, isFraction: false)
        guard length > 0, length == 1 || !isZero else { throw flaw("no number") }
        if index < bytes.count, bytes[index] == UInt8(ascii: ".") {
            index += 1
            number.isWhole = false
            guard digits(into: &number, isFraction: true) > 0 else { throw flaw("no number") }
        }
        try exponent(of: &number)
        guard index - start <= DecimalNumber.byteLimit else { throw flaw("a number too long") }
        if number.hasMoreDigits || number.mantissa > 1 << 53 || number.exponent.magnitude > 22 {
            number.text = String(decoding: bytes[start..<index], as: UTF8.self)
        }
        return number
    }

    /// Reads digits, and returns how many.
    private mutating func digits(into number: inout DecimalNumber, isFraction: Bool) -> Int {
        let start = index
        while index < bytes.count, case let digit = bytes[index] &- UInt8(ascii: "0"), digit < 10 {
            number.append(digit: digit, isFraction: isFraction)
            index += 1
        }
        return index - start
    }

    private mutating func exponent(of number: inout DecimalNumber) throws(Refusal) {
        guard index < bytes.count, bytes[index] | 0x20 == UInt8(ascii: "e") else { return }
        index += 1
        number.isWhole = false
        let isNegative = index < bytes.count && bytes[index] == UInt8(ascii: "-")
        if isNegative || index < bytes.count && bytes[index] == UInt8(ascii: "+") { index += 1 }
        var exponent = DecimalNumber()
        guard digits(into: &exponent, isFraction: false) > 0 else { throw flaw("no number") }
        // No number of ours is near this; a larger one is infinite, or zero.
        let magnitude = exponent.hasMoreDigits ? 100_000 : Int(min(exponent.mantissa, 100_000))
        number.exponent += isNegative ? -magnitude : magnitude
    }

    // MARK: Objects

    /// Goes into an object, gives each key to `value`, which reads what belongs to it, and goes out.
    mutating func object(
        _ value: (inout JSONScanner, String) throws(Refusal) -> Void
    ) throws(Refusal) {
        try expect("{")
        if take(UInt8(ascii: "}")) { return }
        repeat {
            let key = try string()
            try expect(":")
            try value(&self, key)
        } while take(UInt8(ascii: ","))
        try expect("}")
    }

    /// Passes over a value.
    mutating func skip(depth: Int = 0) throws(Refusal) {
        guard depth < Self.depthLimit else { throw flaw("values nested too deeply") }
        switch peek() {
        case UInt8(ascii: "\""): _ = try string()
        case UInt8(ascii: "{"):
            try object { (scanner, _) throws(Refusal) in try scanner.skip(depth: depth + 1) }
        case UInt8(ascii: "["):
            index += 1
            if take(UInt8(ascii: "]")) { return }
            repeat { try skip(depth: depth + 1) } while take(UInt8(ascii: ","))
            try expect("]")
        case UInt8(ascii: "t"), UInt8(ascii: "f"): _ = try bool()
        case UInt8(ascii: "n"): guard takeWord("null") else { throw flaw("no value") }
        default: _ = try number()
        }
    }

    /// Nothing but white space is left.
    mutating func end() throws(Refusal) {
        guard peek() == nil else { throw flaw("something behind the end") }
    }
}
