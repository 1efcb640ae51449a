/// A number of bytes, as the configuration writes it: `96KiB`, `64MiB`, `1GiB`, or decimal `1MB`.
public struct ByteSize: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The number of bytes, never negative.
    public let bytes: Int64

    /// So many bytes; negative ones count as none.
    public init(bytes: Int64) {
        self.bytes = max(0, bytes)
    }

    /// So many KiB (1,024 bytes); saturates.
    public static func kibibytes(_ count: Int64) -> ByteSize { times(count, 1 << 10) }
    /// So many MiB (1,024 KiB); saturates.
    public static func mebibytes(_ count: Int64) -> ByteSize { times(count, 1 << 20) }
    /// So many GiB (1,024 MiB); saturates.
    public static func gibibytes(_ count: Int64) -> ByteSize { times(count, 1 << 30) }

    private static func times(_ count: Int64, _ unit: Int64) -> ByteSize {
        let (bytes, overflow) = count.multipliedReportingOverflow(by: unit)
        return ByteSize(bytes: overflow ? .max : bytes)
    }

    public static func < (left: ByteSize, right: ByteSize) -> Bool { left.bytes < right.bytes }

    /// In the largest binary unit that leaves no fraction.
    public var description: String {
        let units: KeyValuePairs<String, Int64> = ["GiB": 1 << 30, "MiB": 1 << 20, "KiB": 1 << 10]
        let unit = units.first { bytes != 0 && bytes % $0.value == 0 }
        return unit.map { String(bytes / $0.value) + $0.key } ?? String(bytes) + "B"
    }
}

extension ByteSize: TextScalar {
    /// Reads a number with its unit.
    public init(text: String) throws(TextScalarError) {
        let quantity = try Quantity(
            text, kind: "size",
            units: [
                "B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "kB": 1000,
                "MB": 1_000_000, "GB": 1_000_000_000,
            ], example: "64MiB")
        self.init(bytes: quantity.amount)
    }

    public static var placeholder: ByteSize { ByteSize(bytes: 0) }
}
