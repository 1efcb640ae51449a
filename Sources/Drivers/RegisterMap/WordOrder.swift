import Telemetry

/// The order in which the bytes A (highest) to D (lowest) of a 32-bit value come; values of 48 and
/// 64 bits follow the same rule. In a single register and in a string only bytes can be swapped.
public enum WordOrder: String, Sendable, CaseIterable {
    /// Highest word first, highest byte first: the protocol's own order.
    case abcd = "ABCD"
    /// Lowest word first, highest byte first.
    case cdab = "CDAB"
    /// Highest word first, lowest byte first.
    case badc = "BADC"
    /// Lowest word first, lowest byte first.
    case dcba = "DCBA"

    var isLowWordFirst: Bool { self == .cdab || self == .dcba }
    var isLowByteFirst: Bool { self == .badc || self == .dcba }
}

extension WordOrder: TextScalar {
    /// The same orders as manuals spell them for 64, 48 and 16 bits.
    private static let longhand: [String: WordOrder] = [
        "ABCDEFGH": .abcd, "GHEFCDAB": .cdab, "BADCFEHG": .badc, "HGFEDCBA": .dcba,
        "ABCDEF": .abcd, "EFCDAB": .cdab, "BADCFE": .badc, "FEDCBA": .dcba,
        "AB": .abcd, "BA": .badc,
    ]

    /// Reads `CDAB`, or `GHEFCDAB` for the same.
    public init(text: String) throws(TextScalarError) {
        guard let order = WordOrder(rawValue: text) ?? Self.longhand[text] else {
            let names = Self.allCases.map(\.rawValue).joined(separator: ", ")
            throw TextScalarError(
                "`\(text)` is not an order of bytes",
                mend: "possible: \(names), and the same with 8 letters; A is the highest byte")
        }
        self = order
    }

    public static var placeholder: WordOrder { .abcd }
}
