/// A value of a template's JSON text (RFC 8259). Objects keep the order of their keys.
indirect enum TemplateValue: Sendable {
    case null
    case bool(Bool)
    /// Always finite.
    case number(Double)
    case string(String)
    case array([TemplateValue])
    case object([(key: String, value: TemplateValue)])

    /// The value of a key, the last one if there are several; nil if there is none.
    subscript(key: String) -> TemplateValue? {
        guard case .object(let members) = self else { return nil }
        return members.last { $0.key == key }?.value
    }

    var members: [(key: String, value: TemplateValue)] {
        if case .object(let members) = self { members } else { [] }
    }

    var elements: [TemplateValue] {
        if case .array(let elements) = self { elements } else { [] }
    }

    var text: String? {
        if case .string(let text) = self { text } else { nil }
    }

    /// A truth value; 0 and 1 are taken for one, as some templates write.
    var flag: Bool? {
        switch self {
        case .bool(let flag): flag
        case .number(0): false
        case .number(1): true
        default: nil
        }
    }

    /// A number: as such, or as the text `"-1.5"`, `"1,5"` or `"0x10"`.
    var number: Double? {
        switch self {
        case .number(let number): return number
        case .string(let text):
            if let whole { return Double(whole) }
            let plain = String(text.map { $0 == "," ? "." : $0 })
            let isPlain = plain.utf8.allSatisfy { (45...57).contains($0) && $0 != 47 }
            return isPlain ? Double(plain).flatMap { $0.isFinite ? $0 : nil } : nil
        default: return nil
        }
    }

    /// A whole number: as such, or as the text `"16"`, `"-16"` or `"0x10"`.
    var whole: Int128? {
        switch self {
        case .number(let number):
            return number.magnitude < 0x1p64 ? Int128(exactly: number) : nil
        case .string(let text):
            let isHexadecimal = text.hasPrefix("0x") || text.hasPrefix("0X")
            let digits = isHexadecimal ? text.dropFirst(2) : text[...]
            guard digits.utf8.count <= 20, !digits.hasPrefix("+") else { return nil }
            return Int128(digits, radix: isHexadecimal ? 16 : 10)
        default: return nil
        }
    }

    /// What kind of value it is, for a message.
    var kind: String {
        switch self {
        case .null: "null"
        case .bool: "true or false"
        case .number: "a number"
        case .string: "a text"
        case .array: "a list"
        case .object: "an object"
        }
    }
}
