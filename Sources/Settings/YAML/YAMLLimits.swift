/// What a configuration file may cost at most. Files that people write stay far below.
public enum SettingsLimits {
    /// Bytes of the file: 1 MiB, the points of some 200 large meters.
    public static let fileBytes = 1 << 20
    /// Levels of nesting: the schema needs six, and recursion over the tree is bounded by this.
    public static let depth = 32
    /// Values in the tree, those that aliases bring in included: keeps a file that doubles
    /// itself ("billion laughs") at some megabytes.
    public static let nodes = 100_000
    /// Bytes of one scalar: 64 KiB, far beyond any path or description.
    public static let scalarBytes = 64 << 10
    /// Problems kept for printing; further ones are counted only.
    public static let problems = 200
}
