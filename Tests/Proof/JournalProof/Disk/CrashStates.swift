/// The states that a crash may leave at one point: all of them up to a bound, a seeded sample
/// beyond it. Equal images are given once.
struct CrashStates: Sequence, IteratorProtocol {
    let point: CrashPoint
    let questions: [CrashQuestion]
    /// Whether every combination is given.
    let isExhaustive: Bool

    private var answers: [[Int]]
    private var taken = 0
    private var seen: Set<UInt64> = []

    /// At most `limit` states of this point.
    init(_ point: CrashPoint, limit: Int, random: inout SeededRandom) {
        self.point = point
        questions = point.questions()
        let counts = questions.map(\.answerCount)
        let total = counts.reduce(1) {
            $0.multipliedReportingOverflow(by: $1).overflow ? .max : $0 * $1
        }
        isExhaustive = total <= limit
        answers =
            isExhaustive
            ? CrashStates.all(counts) : CrashStates.sample(counts, limit: limit, random: &random)
    }

    /// The next image, and the answers that led to it.
    mutating func next() -> (image: DiskImage, answers: [Int])? {
        while taken < answers.count {
            defer { taken += 1 }
            let image = point.image(questions, answers[taken])
            if seen.insert(image.fingerprint(of: point.pending)).inserted {
                return (image, answers[taken])
            }
        }
        return nil
    }

    /// Every combination of answers.
    private static func all(_ counts: [Int]) -> [[Int]] {
        counts.reduce([[]]) { combinations, count in
            combinations.flatMap { head in (0..<count).map { head + [$0] } }
        }
    }

    /// All lost, all kept, each alone lost or kept, and random combinations.
    private static func sample(
        _ counts: [Int], limit: Int, random: inout SeededRandom
    ) -> [[Int]] {
        var answers = [[Int](repeating: 0, count: counts.count)]
        answers.append([Int](repeating: 1, count: counts.count))
        for index in counts.indices {
            for base in 0...1 {
                var one = [Int](repeating: base, count: counts.count)
                one[index] = 1 - base
                answers.append(one)
            }
        }
        while answers.count < limit {
            answers.append(counts.map { Int.random(in: 0..<$0, using: &random) })
        }
        return Array(answers.prefix(limit))
    }
}

extension DiskImage {
    /// A number that differs for images that differ in what these changes touch.
    fileprivate func fingerprint(of changes: [DiskChange]) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for inode in Set(changes.compactMap(\.inode)).sorted() {
            hash.mix(UInt64(inode))
            contents[inode]?.withUnsafeBytes { bytes in
                hash.mix(UInt64(bytes.count))
                for word in stride(from: 0, to: bytes.count - 7, by: 8) {
                    hash.mix(bytes.loadUnaligned(fromByteOffset: word, as: UInt64.self))
                }
                for byte in bytes.suffix(bytes.count % 8) { hash.mix(UInt64(byte)) }
            }
        }
        for change in changes {
            guard case .names(let pairs, _) = change.action else { continue }
            for pair in pairs { hash.mix(UInt64(names[pair.path] ?? 0) &+ 1) }
        }
        hash.mix(UInt64(directories.count))
        return hash
    }
}

extension UInt64 {
    fileprivate mutating func mix(_ word: UInt64) {
        self = (self ^ word) &* 0x0000_0100_0000_01B3
        self ^= self >> 29
    }
}
