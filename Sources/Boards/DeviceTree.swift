import Settings

/// What the kernel says about the board it runs on.
public struct DeviceTree: Sendable {
    /// Where the kernel shows the tree that it was started with.
    public static let usualFolder = "/proc/device-tree"
    /// How many bytes of `compatible` are read; boards have some 60.
    public static let mostBytes = 4096

    /// The strings of the root's `compatible`, the board's own first, then its processor's; empty
    /// where there is no device tree (Devicetree Specification v0.4, section 2.3.1).
    public let compatible: [String]

    /// Reads the tree in a folder.
    public init(folder: String = usualFolder) {
        do {
            let path = folder + "/compatible"
            let bytes = try FileBytes(path: path, limit: Self.mostBytes).bytes
            compatible = bytes.prefix(Self.mostBytes).split(separator: 0).map {
                String(decoding: $0, as: UTF8.self)
            }
        } catch {
            // A machine without a tree is a board like any that is not known.
            compatible = []
        }
    }
}
