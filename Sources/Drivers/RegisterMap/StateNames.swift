/// The names of an enumeration's raw numbers.
struct StateNames: Sendable {
    /// How many a point may have.
    static let most = 256
    /// How many bytes a name may have.
    static let longestName = 64

    /// The raw numbers, negative ones by their two's complement, and their names.
    private let names: [UInt64: String]
    private let raws: [String: UInt64]

    /// Of two numbers with the same name the first is written.
    init(_ states: [(raw: UInt64, name: String)]) {
        names = Dictionary(states, uniquingKeysWith: { first, _ in first })
        raws = Dictionary(
            states.map { ($0.name, $0.raw) }, uniquingKeysWith: { first, _ in first })
    }

    /// The name. A number that has none is its own name, such as `7`: what the device says after
    /// an update of its firmware is worth more than nothing.
    func name(of raw: UInt64, isSigned: Bool) -> String {
        names[raw] ?? (isSigned ? String(Int64(bitPattern: raw)) : String(raw))
    }

    /// The number of a name.
    func raw(of name: String) -> UInt64? { raws[name] }

    /// Whether two numbers have the same name.
    var hasTwins: Bool { raws.count < names.count }

    /// The names, those of the lowest numbers first, for a message.
    var listed: String {
        let sorted = raws.sorted { $0.value < $1.value }.map { "`\($0.key)`" }
        return sorted.prefix(16).joined(separator: ", ") + (sorted.count > 16 ? ", ..." : "")
    }
}
