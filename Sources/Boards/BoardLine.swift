/// A pin of a header, or a line elsewhere on a board.
public struct BoardLine: Sendable, Hashable, Decodable {
    /// What the board's documents call it, such as `GPIO17` or `GND`: at most
    /// `Board.longestLabel` characters.
    public var label: String?
    /// The chip it belongs to, by the profile's name; the only one unless given.
    public var chip: String?
    /// Its place in the chip, from 0; nil if only its name is sure, or it is no line at all.
    public var offset: UInt32?
    /// The kernel's name of the line, from the device tree's `gpio-line-names`.
    public var line: String?
    /// Names that other kernels give it.
    public var also: [String]
    /// What it is beside a plain line.
    public var function: String?

    /// Whether it can be read or driven: power, ground and analog inputs cannot.
    public var isLine: Bool { offset != nil || line != nil }

    private enum CodingKeys: CodingKey { case label, chip, offset, line, also, function }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        label = try container.decodeIfPresent(String.self, forKey: .label)
        chip = try container.decodeIfPresent(String.self, forKey: .chip)
        offset = try container.decodeIfPresent(UInt32.self, forKey: .offset)
        line = try container.decodeIfPresent(String.self, forKey: .line)
        also = try container.decodeIfPresent([String].self, forKey: .also) ?? []
        function = try container.decodeIfPresent(String.self, forKey: .function)
    }
}

/// A place on a board where a line comes out.
public enum LinePlace: Sendable, Hashable {
    /// A pin of a header.
    case pin(header: String, number: Int)
    /// A line that is on no header, by the profile's name.
    case line(String)
}
