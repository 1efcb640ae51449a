/// What a JSON text says (RFC 8259).
public enum JSONValue: Equatable, Sendable {
    case null
    case bool(Bool)
    /// A number without fraction and exponent, within Int64.
    case integer(Int64)
    /// The same above Int64's end.
    case unsigned(UInt64)
    /// Any other number; finite.
    case double(Double)
    case string(String)
    case array([JSONValue])
    /// Names are unique.
    case object(JSONObject)
}

/// The members of an object, in the order they were written in.
public struct JSONObject: Equatable, Sendable {
    public var members: [Member] = []

    public struct Member: Equatable, Sendable {
        public var name: String
        public var value: JSONValue
    }

    /// The member of this name.
    public subscript(name: String) -> JSONValue? {
        members.first { $0.name == name }?.value
    }

    /// The first member that has none of these names.
    public func firstName(besides names: Set<String>) -> String? {
        members.first { !names.contains($0.name) }?.name
    }
}

/// Why a text is not taken, and where.
public struct JSONFlaw: Error, Hashable, CustomStringConvertible {
    /// What is wrong, in words.
    public var what: String
    /// The offset of the byte.
    public var offset: Int

    public var description: String { "\(what) at byte \(offset)" }
}
