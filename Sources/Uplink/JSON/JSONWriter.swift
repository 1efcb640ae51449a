/// JSON text in bytes, appended piece by piece. Written by hand because encoding is the hot
/// path of a backlog; nothing is allocated for a number or a piece once the buffer has grown.
struct JSONWriter: Sendable {
    private var storage: [UInt8]
    /// How many bytes have been written.
    private(set) var count = 0

    init(capacity: Int) {
        storage = [UInt8](repeating: 0, count: max(64, capacity))
    }

    /// What has been written.
    var bytes: ArraySlice<UInt8> { storage[..<count] }

    /// Takes back what was written behind this count.
    mutating func truncate(to count: Int) {
        self.count = min(self.count, count)
    }

    private mutating func reserve(_ extra: Int) {
        let needed = count + extra
        if needed > storage.count {
            storage += [UInt8](repeating: 0, count: max(needed, storage.count * 2) - storage.count)
        }
    }

    mutating func append(_ byte: UInt8) {
        reserve(1)
        storage[count] = byte
        count += 1
    }

    mutating func append(_ text: StaticString) {
        reserve(text.utf8CodeUnitCount)
        text.withUTF8Buffer { copy(UnsafeRawBufferPointer($0)) }
    }

    /// Appends bytes.
    mutating func append(_ source: ArraySlice<UInt8>) {
        reserve(source.count)
        source.withUnsafeBytes { copy($0) }
    }

    /// Appends a part of `source`.
    mutating func append(_ range: Range<Int>, of source: [UInt8]) {
        reserve(range.count)
        source.withUnsafeBytes { copy(UnsafeRawBufferPointer(rebasing: $0[range])) }
    }

    private mutating func copy(_ source: UnsafeRawBufferPointer) {
        storage.withUnsafeMutableBytes {
            UnsafeMutableRawBufferPointer(rebasing: $0[count...]).copyMemory(from: source)
        }
        count += source.count
    }

    // MARK: Numbers

    mutating func append(_ value: Int64) {
        if value < 0 { append(UInt8(ascii: "-")) }
        append(value.magnitude)
    }

    mutating func append(_ value: UInt64) {
        let digits = value.decimalDigits
        reserve(digits)
        var rest = value
        var index = count + digits
        storage.withUnsafeMutableBufferPointer { storage in
            repeat {
                index -= 1
                let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
                storage[index] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: digit)
                rest = quotient
            } while rest > 0
        }
        count += digits
    }

    /// Appends `numerator / 10^places` without trailing zeros.
    mutating func append(_ numerator: Int64, places: Int) {
        if numerator < 0 { append(UInt8(ascii: "-")) }
        let (whole, remainder) = numerator.magnitude.quotientAndRemainder(
            dividingBy: JSONWriter.integerPowers[places])
        append(whole)
        guard remainder > 0 else { return }
        append(UInt8(ascii: "."))
        var (fraction, digits) = (remainder, places)
        while fraction % 10 == 0 {
            fraction /= 10
            digits -= 1
        }
        for _ in 0..<(digits - fraction.decimalDigits) { append(UInt8(ascii: "0")) }
        append(fraction)
    }

    /// Appends the shortest decimal that reads back as the same double. `value` is finite.
    mutating func append(_ value: Double) {
        if let decimal = DecimalFraction(value) {
            return append(decimal.numerator, places: decimal.places)
        }
        for byte in value.description.utf8 { append(byte) }
    }

    private static let integerPowers: [UInt64] = [
        1, 10, 100, 1_000, 10_000, 100_000, 1_000_000,
    ]

    // MARK: Strings

    /// Appends a text as a JSON string with its quotes (RFC 8259 section 7).
    mutating func append(string: String) {
        append(UInt8(ascii: "\""))
        appendEscaped(string)
        append(UInt8(ascii: "\""))
    }

    /// Appends the inside of a JSON string.
    mutating func appendEscaped(_ text: String) {
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                append(UInt8(ascii: "\\"))
                append(byte)
            case 0..<0x20:
                append("\\u00")
                append(UInt8(ascii: byte < 16 ? "0" : "1"))
                append(JSONWriter.hexadecimal[Int(byte & 15)])
            default: append(byte)
            }
        }
    }

    private static let hexadecimal = Array("0123456789abcdef".utf8)
}

extension UInt64 {
    /// How many digits its decimal form has.
    fileprivate var decimalDigits: Int {
        var digits = 1
        var bound: UInt64 = 10
        while self >= bound {
            digits += 1
            let (next, overflow) = bound.multipliedReportingOverflow(by: 10)
            if overflow { break }
            bound = next
        }
        return digits
    }
}
