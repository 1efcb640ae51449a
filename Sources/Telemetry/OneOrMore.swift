/// A setting that is one value, or a list where there are several: `not-available: 0x8000`, or
/// `not-available: [0x7FFF, 0x8000]`.
public struct OneOrMore<Element: Decodable & Sendable>: Decodable, Sendable {
    /// The values, in the order they were written in.
    public var elements: [Element]

    /// These values.
    public init(_ elements: [Element]) {
        self.elements = elements
    }

    /// Decodes either with any decoder.
    public init(from decoder: any Decoder) throws {
        do {
            elements = [try decoder.singleValueContainer().decode(Element.self)]
        } catch {
            elements = try decoder.singleValueContainer().decode([Element].self)
        }
    }
}

extension OneOrMore: Equatable where Element: Equatable {}
extension OneOrMore: Hashable where Element: Hashable {}
