/// What an import could not take over, or not quite.
public struct ImportNote: Equatable, Sendable, CustomStringConvertible {
    /// The channel's name; nil if it is about the whole device.
    public var channel: String?
    public var reason: String
    /// Whether the channel is missing in the profile.
    public var isLeftOut: Bool

    /// ``channel `Urms L1` left out: ...``
    public var description: String {
        guard let channel else { return reason }
        return "channel `\(channel)`\(isLeftOut ? " left out" : ""): \(reason)"
    }
}

/// Why a channel is left out.
struct ChannelFlaw: Error {
    var reason: String
}
