/// Writes values of Encodable types as JSON text, names sorted: the same value is always the same
/// text. In place of Foundation's, which brings 6 MB of program along.
public struct JSONEncoder: Sendable {
    private let isPretty: Bool

    /// An encoder of one line, or with a line for every member and element.
    public init(isPretty: Bool = false) {
        self.isPretty = isPretty
    }

    /// The text in UTF-8. Throws an `EncodingError` for a number that JSON does not have.
    public func encode(_ value: some Encodable) throws -> [UInt8] {
        let node = JSONNode()
        try value.encode(to: JSONNodeEncoder(node: node, codingPath: []))
        var text = JSONText(isPretty: isPretty)
        text.append(node)
        return text.bytes
    }
}

/// A value that is being encoded: containers are filled piece by piece, and in any order.
final class JSONNode {
    enum Content {
        case scalar(JSONValue)
        case array([JSONNode])
        case object([String: JSONNode])
    }

    /// What encodes nothing is an empty object.
    var content = Content.object([:])

    init() {}

    init(_ value: JSONValue) { content = .scalar(value) }

    func append(_ node: JSONNode) {
        guard case .array(var elements) = content else { return content = .array([node]) }
        content = .array([])
        elements.append(node)
        content = .array(elements)
    }

    func set(_ name: String, _ node: JSONNode) {
        guard case .object(var members) = content else { return content = .object([name: node]) }
        content = .object([:])
        members[name] = node
        content = .object(members)
    }

    var count: Int { if case .array(let elements) = content { elements.count } else { 0 } }
}

/// The text of a tree of nodes.
private struct JSONText {
    let isPretty: Bool
    private(set) var bytes: [UInt8] = []
    private var depth = 0

    init(isPretty: Bool) { self.isPretty = isPretty }

    mutating func append(_ node: JSONNode) {
        switch node.content {
        case .scalar(let value): append(value)
        case .array(let elements):
            enclose("[", elements, "]") { text, element in text.append(element) }
        case .object(let members):
            enclose("{", members.sorted { $0.key < $1.key }, "}") { text, member in
                text.append(string: member.key)
                text.bytes += (text.isPretty ? " : " : ":").utf8
                text.append(member.value)
            }
        }
    }

    private mutating func enclose<Part>(
        _ opening: String, _ parts: [Part], _ closing: String,
        _ write: (inout JSONText, Part) -> Void
    ) {
        bytes += opening.utf8
        depth += 1
        for (index, part) in parts.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            beginLine()
            write(&self, part)
        }
        depth -= 1
        if parts.isEmpty, isPretty { bytes.append(UInt8(ascii: "\n")) }
        beginLine()
        bytes += closing.utf8
    }

    private mutating func beginLine() {
        guard isPretty else { return }
        bytes.append(UInt8(ascii: "\n"))
        for _ in 0..<depth { bytes += "  ".utf8 }
    }

    private mutating func append(_ value: JSONValue) {
        switch value {
        case .bool(let flag): bytes += (flag ? "true" : "false").utf8
        case .integer(let number): bytes += String(number).utf8
        case .unsigned(let number): bytes += String(number).utf8
        case .double(let number):
            let text = "\(number)"
            bytes += (text.hasSuffix(".0") ? text.dropLast(2) : text[...]).utf8
        case .string(let text): append(string: text)
        case .null, .array, .object: bytes += "null".utf8
        }
    }

    /// A text with its quotes (RFC 8259 section 7).
    private mutating func append(string: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in string.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
            case UInt8(ascii: "\n"): bytes += "\\n".utf8
            case UInt8(ascii: "\t"): bytes += "\\t".utf8
            case UInt8(ascii: "\r"): bytes += "\\r".utf8
            case 0..<0x20:
                bytes += (byte < 16 ? "\\u000" : "\\u00").utf8
                bytes += String(byte, radix: 16).utf8
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
