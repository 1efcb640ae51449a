/// Registers of one model as far as they have been read.
struct SunSpecImage {
    private var known: [UInt16?]

    init(length: Int) {
        known = Array(repeating: nil, count: max(2, length))
    }

    var length: Int { known.count }

    mutating func put(_ words: [UInt16], at start: Int) {
        for (index, word) in words.enumerated() where start + index < known.count {
            known[start + index] = word
        }
    }

    /// nil if any of them was not read.
    func words(_ start: Int, _ count: Int) -> [UInt16]? {
        guard start >= 0, start + count <= known.count else { return nil }
        let words = known[start..<start + count].compactMap { $0 }
        return words.count == count ? words : nil
    }

    /// Whether the first two registers still are this model's.
    func isHead(of link: SunSpecChain.Link) -> Bool {
        known[0] == link.id && known[1].map { Int($0) + 2 } == link.length
    }
}
