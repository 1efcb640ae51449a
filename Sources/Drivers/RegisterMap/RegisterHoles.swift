/// Where a device's registers may not be read in one request: gaps that it refuses, and places at
/// which it takes no request that goes over them.
struct RegisterHoles: Sendable, Equatable {
    /// The most that are kept; a device with more is asked more often than it need be.
    static let limit = 256

    /// By table; an empty range is a place between two registers.
    private var ranges: [RegisterTable: [Range<Int>]] = [:]

    /// None.
    init() {}

    /// How many there are.
    var count: Int { ranges.values.reduce(0) { $0 + $1.count } }

    /// Adds one. Returns whether that is news.
    mutating func add(_ gap: Range<Int>, in table: RegisterTable) -> Bool {
        guard count < Self.limit, !ranges[table, default: []].contains(gap) else { return false }
        ranges[table, default: []].append(gap)
        return true
    }

    /// Where a block that begins at `start` must end at the latest so as to go over none.
    func reach(from start: Int, in table: RegisterTable) -> Int {
        (ranges[table] ?? []).reduce(Int.max) {
            $1.upperBound > start ? min($0, $1.lowerBound) : $0
        }
    }
}

extension RegisterHoles {
    /// As text: `holding:100-120,input:7-7`.
    var text: String {
        RegisterTable.allCases.flatMap { table in
            (ranges[table] ?? []).map { "\(table):\($0.lowerBound)-\($0.upperBound)" }
        }.joined(separator: ",")
    }

    /// Reads the text; nil if it is none.
    init?(text: String) {
        for part in text.split(separator: ",") {
            let pieces = part.split(separator: ":", omittingEmptySubsequences: false)
            let texts = (pieces.last ?? "").split(
                separator: "-", omittingEmptySubsequences: false)
            let ends = texts.compactMap { Int($0) }
            guard pieces.count == 2, texts.count == 2, ends.count == 2,
                (0...65536).contains(ends[0]),
                (ends[0]...65536).contains(ends[1]),
                let table = RegisterTable.allCases.first(where: { "\($0)" == pieces[0] })
            else { return nil }
            _ = add(ends[0]..<ends[1], in: table)
        }
    }
}
