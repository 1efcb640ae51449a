/// What a driver has learned of its device and wants to know after a restart: one short text.
///
/// It is written to the card, so only what changes seldom belongs there.
public protocol DriverMemory: Sendable {
    /// What was kept; nil if nothing was.
    func load() -> String?
    /// Keeps a text of at most `DriverMemoryLimits.bytes` instead; returns at once.
    func save(_ text: String)
}

/// The bounds of what drivers keep.
public enum DriverMemoryLimits {
    /// The longest text of one device, in bytes.
    public static let bytes = 8192
}

/// Forgets everything, for a single read.
public struct NoMemory: DriverMemory {
    /// An empty memory.
    public init() {}
    public func load() -> String? { nil }
    public func save(_ text: String) {}
}
