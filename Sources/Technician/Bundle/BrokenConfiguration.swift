import Telemetry

/// A configuration that is no YAML, without its secrets: everything behind a key that names one is
/// removed, with all that is further right below it, but for the names of files.
enum BrokenConfiguration {
    /// The files that it may name as secrets, and the secrets that may stand in it: the words that
    /// `clean` removes, and every path behind `file:` or `key:`.
    static func secrets(in text: String) -> (files: Set<String>, values: [String]) {
        var (files, values): (Set<String>, [String]) = ([], [])
        let clean = clean(text).split(separator: "\n", omittingEmptySubsequences: false)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        for (line, cleanLine) in zip(lines, clean) {
            let words = line.split { " \t,{}[]\"'".contains($0) }.map(String.init)
            for (word, next) in zip(words, words.dropFirst())
            where (word == "file:" || word == "key:") && next.hasPrefix("/") {
                files.insert(next)
            }
            guard line != cleanLine else { continue }
            let start =
                SecretPatterns.words.compactMap { line.lowercased().firstRange(of: $0) }
                .map { line.lowercased()[..<$0.lowerBound].count }.min() ?? 0
            values += line.dropFirst(start).split { " \t,{}[]\"'#".contains($0) }
                .map(String.init).filter(isTelling)
        }
        return (files, values)
    }

    private static func isTelling(_ word: String) -> Bool {
        word.utf8.count >= Redactor.anywhereLength && !word.hasSuffix(":") && !word.contains("/")
            && !SecretPatterns.isSecret(key: word) && word != "environment"
    }

    static func clean(_ text: String) -> String {
        var clean: [String] = []
        var secretIndent: Int?
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            let indent = line.prefix { $0 == " " || $0 == "\t" }.count
            let isBlank = indent == line.count
            if let secret = secretIndent, isBlank || indent > secret {
                clean.append(line.contains("file:") ? String(line) : Redactor.mark)
                continue
            }
            secretIndent = nil
            guard let colon = line.firstIndex(where: { $0 == ":" || $0 == "=" }), isSecret(line)
            else {
                clean.append(String(line))
                continue
            }
            secretIndent = indent
            let key = line[...colon]
            // A flow mapping may have it anywhere.
            let isSimple = SecretPatterns.isSecret(key: String(key.dropLast().drop { $0 == " " }))
            clean.append((isSimple ? String(key) : "") + " " + Redactor.mark)
        }
        return clean.joined(separator: "\n")
    }

    private static func isSecret(_ line: Substring) -> Bool {
        let small = line.lowercased()
        return small.contains("key:") || small.contains("environment:")
            || SecretPatterns.words.contains(where: small.contains)
    }
}
