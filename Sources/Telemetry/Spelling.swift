/// Near misses, for "did you mean".
public enum Spelling {
    /// Longer words are not compared: the cost grows with the square of the length, and names
    /// end at 64 characters.
    static let longestWord = 64
    /// At most so many candidates are compared, so that a hostile file cannot buy much work.
    static let mostCandidates = 1000

    /// The candidate that `word` is most likely a misspelling of: at most a third of its letters
    /// are wrong (one may be, but not the only one). Nil if none is that near.
    public static func nearest(to word: String, among candidates: some Sequence<String>) -> String?
    {
        let letters = Array(word.lowercased().unicodeScalars)
        guard (1...longestWord).contains(letters.count) else { return nil }
        var best: (word: String, distance: Int)?
        for candidate in candidates.prefix(mostCandidates) where candidate != word {
            let other = Array(candidate.lowercased().unicodeScalars)
            let limit = max(1, min(letters.count, other.count) / 3)
            guard !other.isEmpty, abs(letters.count - other.count) <= limit else { continue }
            let distance = distance(letters, other)
            guard distance <= limit, distance < min(letters.count, other.count) else { continue }
            if distance < best?.distance ?? .max { best = (candidate, distance) }
        }
        return best?.word
    }

    /// "did you mean `x`?", or nil if nothing is near.
    public static func suggestion(for word: String, among candidates: some Sequence<String>)
        -> String?
    {
        nearest(to: word, among: candidates).map { "did you mean `\($0)`?" }
    }

    /// Damerau-Levenshtein distance (optimal string alignment): insertions, deletions,
    /// substitutions and swaps of neighbours.
    static func distance(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar]) -> Int {
        var before: [Int] = []
        var previous = Array(0...right.count)
        for row in left.indices {
            var current = [row + 1]
            for column in right.indices {
                let change = previous[column] + (left[row] == right[column] ? 0 : 1)
                var cost = min(change, previous[column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, left[row] == right[column - 1],
                    left[row - 1] == right[column]
                {
                    cost = min(cost, before[column - 1] + 1)
                }
                current.append(cost)
            }
            (before, previous) = (previous, current)
        }
        return previous[right.count]
    }
}
