// Searching texts for texts. The standard library's own is in its regular expressions, which would
// be 1.4 MB of the program: the product's targets do not import them.

extension String {
    /// Whether it has this text in it.
    public func contains(_ text: String) -> Bool { self[...].firstRange(of: text) != nil }

    /// Where it has this text for the first time.
    public func firstRange(of text: String) -> Range<Index>? { self[...].firstRange(of: text) }

    /// The same with this text, wherever it is, replaced by another. An empty text is nowhere.
    public func replacing(
        _ text: String, with other: String, maxReplacements: Int = .max
    ) -> String {
        var (result, rest, count) = ("", self[...], 0)
        while count < maxReplacements, !text.isEmpty, let range = rest.firstRange(of: text) {
            result += rest[..<range.lowerBound] + other
            rest = rest[range.upperBound...]
            count += 1
        }
        return result + rest
    }

    /// The parts between this text, up to so many and a rest; empty ones are left out.
    public func parts(between text: String, maxSplits: Int = .max) -> [Substring] {
        var (parts, rest): ([Substring], Substring) = ([], self[...])
        while parts.count < maxSplits, !text.isEmpty, let range = rest.firstRange(of: text) {
            if range.lowerBound > rest.startIndex { parts.append(rest[..<range.lowerBound]) }
            rest = rest[range.upperBound...]
        }
        return rest.isEmpty ? parts : parts + [rest]
    }
}

extension Substring {
    /// Whether it has this text in it.
    public func contains(_ text: String) -> Bool { firstRange(of: text) != nil }

    /// Where it has this text for the first time; an empty one is everywhere. Bytes are compared; a text begins and ends with
    /// whole scalars.
    public func firstRange(of text: String) -> Range<Index>? {
        guard let first = text.utf8.first else { return startIndex..<startIndex }
        var start = startIndex
        while let begin = utf8[start...].firstIndex(of: first) {
            if utf8[begin...].starts(with: text.utf8) {
                return begin..<utf8.index(begin, offsetBy: text.utf8.count)
            }
            start = utf8.index(after: begin)
        }
        return nil
    }
}
