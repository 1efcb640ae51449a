/// Why a device template cannot be imported: where, what, and how to mend it.
public struct TemplateFlaw: Error, Equatable, Sendable, CustomStringConvertible {
    /// The line and the column (in bytes) of the file, from 1; nil if it is the whole file.
    public var place: TemplatePlace?
    public var what: String
    public var mend: String

    /// `3:14: what; mend`.
    public var description: String {
        (place.map { "\($0.line):\($0.column): " } ?? "") + "\(what); \(mend)"
    }
}

/// A place in a template's text.
public struct TemplatePlace: Equatable, Sendable {
    public var line: Int
    public var column: Int
}

/// What a template may cost at most. The largest public ones have 300 KiB.
public enum TemplateLimits {
    /// Bytes of the file: 4 MiB.
    public static let fileBytes = 4 << 20
    /// How deep arrays and objects may lie in each other.
    static let depth = 32
    /// How many keys an object has.
    static let keys = 10_000
    /// How many keys a channel has; the format knows some 40.
    static let channelKeys = 256
    /// How many characters of a channel's name are kept.
    static let nameCharacters = 120
    /// How many channels are looked at, those of subdevices included.
    static let channels = 4096
    /// How many bytes a condition may have.
    static let conditionBytes = 1024
}
