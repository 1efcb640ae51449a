import Telemetry

/// Reads CBOR (RFC 8949) from the front, piece by piece. Lengths have to be told: what has none
/// (section 3.2) no session of ours writes.
struct CBORScanner {
    /// How deep values that are passed over may be nested.
    private static let depthLimit = 32
    /// The tag of a decimal fraction (section 3.4.4).
    private static let decimalFraction: UInt64 = 4

    private let bytes: [UInt8]
    private var index = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    func flaw(_ what: String) -> Refusal {
        Refusal("not the CBOR expected: \(what) at byte \(index)")
    }

    /// An initial byte and its argument.
    private mutating func head() throws(Refusal) -> (major: UInt8, info: UInt8, argument: UInt64) {
        guard index < bytes.count else { throw flaw("it ends too early") }
        let (major, info) = (bytes[index] >> 5, bytes[index] & 31)
        index += 1
        guard info >= 24 else { return (major, info, UInt64(info)) }
        guard info <= 27 else { throw flaw("a length that is not told") }
        let size = 1 << Int(info - 24)
        guard size <= bytes.count - index else { throw flaw("it ends too early") }
        defer { index += size }
        return (major, info, bytes[index..<index + size].reduce(0) { $0 << 8 | UInt64($1) })
    }

    /// Begins an array (4) or a map (5), and returns how much is in it: at most as much as bytes
    /// are left.
    mutating func begin(_ major: UInt8) throws(Refusal) -> Int {
        let head = try head()
        guard head.major == major else { throw flaw("no array or map") }
        guard head.argument <= UInt64(bytes.count - index) else { throw flaw("it ends too early") }
        return Int(head.argument)
    }

    mutating func text() throws(Refusal) -> String {
        let head = try head()
        guard head.major == 3 else { throw flaw("no text") }
        guard head.argument <= UInt64(bytes.count - index) else { throw flaw("it ends too early") }
        defer { index += Int(head.argument) }
        let content = bytes[index..<index + Int(head.argument)]
        // Databases do not take the zero character.
        guard content.contains(0) else { return String(decoding: content, as: UTF8.self) }
        return content.split(separator: 0, omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }.joined(separator: "\u{FFFD}")
    }

    mutating func bool() throws(Refusal) -> Bool {
        let head = try head()
        guard head.major == 7, head.info == 20 || head.info == 21 else { throw flaw("no bool") }
        return head.info == 21
    }

    /// A key of a map: a number or a text.
    mutating func key() throws(Refusal) -> (number: Int64, text: String) {
        guard index < bytes.count, bytes[index] >> 5 == 3 else {
            guard case .int64(let number)? = try number().value else { throw flaw("no key") }
            return (number, "")
        }
        return (.min, try text())
    }

    /// An integer, a float or a decimal fraction.
    mutating func number() throws(Refusal) -> CBORNumber {
        let head = try head()
        switch head.major {
        case 0: return .decimal(DecimalNumber(false, head.argument))
        case 1:
            let (magnitude, overflow) = head.argument.addingReportingOverflow(1)
            guard !overflow else { throw flaw("a number too low") }
            return .decimal(DecimalNumber(true, magnitude))
        case 6 where head.argument == Self.decimalFraction: return try decimalFraction()
        case 7:
            switch head.info {
            case 25: return .double(Double(Float16(bitPattern: UInt16(head.argument))))
            case 26: return .double(Double(Float(bitPattern: UInt32(head.argument))))
            case 27: return .double(Double(bitPattern: head.argument))
            default: throw flaw("no number")
            }
        default: throw flaw("no number")
        }
    }

    private mutating func decimalFraction() throws(Refusal) -> CBORNumber {
        guard try begin(4) == 2, case .decimal(let exponent) = try number(),
            case .decimal(var number) = try number(), exponent.isWhole, number.isWhole,
            exponent.mantissa <= 400
        else { throw flaw("no decimal fraction") }
        number.isWhole = false
        number.exponent = Int(exponent.mantissa) * (exponent.isNegative ? -1 : 1)
        number.text = (number.isNegative ? "-" : "") + "\(number.mantissa)e\(number.exponent)"
        return .decimal(number)
    }

    /// Passes over a value.
    mutating func skip(depth: Int = 0) throws(Refusal) {
        guard depth < Self.depthLimit else { throw flaw("values nested too deeply") }
        let head = try head()
        switch head.major {
        case 2, 3:
            guard head.argument <= UInt64(bytes.count - index) else {
                throw flaw("it ends too early")
            }
            index += Int(head.argument)
        case 4, 5:
            guard head.argument <= UInt64(bytes.count - index) else {
                throw flaw("it ends too early")
            }
            for _ in 0..<head.argument * (head.major == 5 ? 2 : 1) { try skip(depth: depth + 1) }
        case 6: try skip(depth: depth + 1)
        default: break
        }
    }

    /// Nothing is left.
    func end() throws(Refusal) {
        guard index == bytes.count else { throw flaw("something behind the end") }
    }
}

/// A number as CBOR has it.
enum CBORNumber {
    case decimal(DecimalNumber)
    case double(Double)

    /// Nil if it is not finite.
    var value: Value? {
        switch self {
        case .decimal(let number): number.value
        case .double(let value): value.isFinite ? .double(value) : nil
        }
    }

    /// Taken as a time; a float gives microseconds, which is more than it has of today's.
    var time: DecimalNumber? {
        switch self {
        case .decimal(let number): return number
        case .double(let value):
            guard let micros = Int64(exactly: (value * 1e6).rounded()) else { return nil }
            var number = DecimalNumber(micros < 0, micros.magnitude)
            number.isWhole = false
            number.exponent = -6
            return number
        }
    }
}

extension DecimalNumber {
    fileprivate init(_ isNegative: Bool, _ mantissa: UInt64) {
        self.isNegative = isNegative
        self.mantissa = mantissa
        text = (isNegative ? "-" : "") + String(mantissa)
    }
}
