import Telemetry

/// How a point of a program may be written, checked. What kind of value it has only the program
/// knows: a text that says a switch or a number is sent as one, unless limits make it a number.
struct ExecWriting: Sendable, Hashable {
    /// What is written to a program in a text, in bytes.
    private static let longestText = 256

    private let name: String
    /// nil unless the point is a number with limits.
    private var range: ClosedRange<Double>?
    private(set) var safeValue: Value?

    /// The rules; nil if the point is not to be written.
    init?(name: String, option: ScalarOrFields<Bool, ExecWriteOptions>?) throws(PointFlaw) {
        self.name = name
        switch option {
        case nil, .scalar(false): return nil
        case .scalar(true): break
        case .fields(let options):
            let (low, high) = (options.min ?? -.infinity, options.max ?? .infinity)
            guard low <= high else {
                throw PointFlaw(
                    keys: ["writable", "min"], what: "`min` is above `max`",
                    mend: "write the smaller of the two as `min`")
            }
            if options.min != nil || options.max != nil { range = low...high }
            safeValue = try options.safe.map { text throws(PointFlaw) in try safe(text) }
        }
    }

    private func safe(_ text: String) throws(PointFlaw) -> Value {
        do throws(DriverError) {
            return try accept(.string(text))
        } catch {
            throw PointFlaw(
                keys: ["writable", "safe"], what: "\(error)",
                mend: "write a value that the point can have")
        }
    }

    /// The value as the program gets it.
    ///
    /// - Throws: `DriverError.unfitValue`.
    func accept(_ value: Value) throws(DriverError) -> Value {
        let value = Self.meant(by: value)
        if case .string(let text) = value, text.utf8.count > Self.longestText {
            throw .unfitValue("a text of \(name) has at most \(Self.longestText) bytes")
        }
        guard let range else { return value }
        guard let number = value.asDouble, range.contains(number) else {
            throw .unfitValue("\(name) is \(range.words), not \(value.text)")
        }
        return value
    }

    private static func meant(by value: Value) -> Value {
        guard case .string(let text) = value else { return value }
        switch text {
        case "true", "on": return .bool(true)
        case "false", "off": return .bool(false)
        default: break
        }
        guard let number = Double(text), number.isFinite else { return value }
        return .double(number)
    }
}
