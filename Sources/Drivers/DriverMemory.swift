/// What a driver has learned of its device and wants to know after a restart: one short text.
///
/// It is written to the card, so only what changes seldom belongs there.
public protocol DriverMemory: Sendable {
    /// What was kept; nil if nothing was.
    func load() -> String?
    /// Keeps a text of at most `DriverMemoryLimits.bytes` instead; returns at once.
    func save(_ text: String)

    /// The count that was kept under this name; nil if none was.
    func count(named name: String) -> UInt64?
    /// Keeps a count, which may change with every pulse; returns at once. It is written with the
    /// journal's next commit deadline.
    func keep(count: UInt64, named name: String)
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
    public func count(named name: String) -> UInt64? { nil }
    public func keep(count: UInt64, named name: String) {}
}
