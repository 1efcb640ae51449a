import Telemetry

/// What looks like a secret, though nobody has said that it is one: `password=...`, `token: ...`,
/// `--secret ...`, `Authorization: ...`, `mqtt://user:...@host`.
enum SecretPatterns {
    /// Words behind which a secret is expected. A key of the configuration is compared to them too.
    static let words = [
        "password", "passwd", "passphrase", "secret", "token", "psk", "apikey", "api-key",
        "api_key", "private-key", "private_key", "privatekey", "authorization",
    ]

    /// Whether a key of this name has a secret as its value.
    static func isSecret(key: String) -> Bool {
        let name = key.lowercased()
        return name == "key" || words.contains { name.contains($0) }
    }

    /// A line without them, and how many there were.
    static func clean(_ line: [UInt8]) -> (line: [UInt8], count: Int) {
        replaced(line, users(in: line) + values(in: line))
    }

    /// The secrets of a text, so that they can be looked for in others.
    static func secrets(in text: [UInt8]) -> [[UInt8]] {
        text.split(separator: 0x0A).flatMap { line in
            let line = Array(line)
            let passwords = users(in: line).compactMap { range -> [UInt8]? in
                let user = line[range]
                return user.firstIndex(of: UInt8(ascii: ":")).map { Array(user[($0 + 1)...]) }
            }
            return passwords + values(in: line).map { Array(line[$0]) }
        }
    }

    private static func values(in line: [UInt8]) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        for word in words {
            var start = 0
            while let place = Bytes.range(of: word, in: line, from: start) {
                start = place + word.utf8.count
                if let range = value(in: line, behind: start, of: place, word) {
                    ranges.append(range)
                }
            }
        }
        return ranges
    }

    private static func replaced(
        _ line: [UInt8], _ ranges: [Range<Int>]
    ) -> (line: [UInt8], count: Int) {
        guard !ranges.isEmpty else { return (line, 0) }
        var clean: [UInt8] = []
        var (index, count) = (0, 0)
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound })
        where range.upperBound > index {
            clean += line[index..<max(index, range.lowerBound)]
            if range.lowerBound >= index { clean += Array(Redactor.mark.utf8) }
            index = range.upperBound
            count += 1
        }
        return (clean + line[index...], count)
    }

    /// The value behind a word that may go on and end with a quote: `"password" : "..."`.
    private static func value(
        in line: [UInt8], behind end: Int, of start: Int, _ word: String
    ) -> Range<Int>? {
        var index = end
        func skip(_ isSkipped: (UInt8) -> Bool) {
            while index < line.count, isSkipped(line[index]) { index += 1 }
        }
        func isQuote(_ byte: UInt8) -> Bool {
            byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\\")
        }
        skip(Bytes.isWord)
        skip(isQuote)
        skip(Bytes.isBlank)
        let isAssigned =
            index < line.count
            && (line[index] == UInt8(ascii: ":") || line[index] == UInt8(ascii: "="))
        guard isAssigned || isOption(line, start) else { return nil }
        skip { $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: "=") || $0 == UInt8(ascii: ",") }
        skip(Bytes.isBlank)
        skip(isQuote)
        let first = index
        // A header's value has blanks in it.
        let ends = word == "authorization" ? [] : Array(" \t\"',;}])".utf8)
        skip { !ends.contains($0) }
        guard first < index, isValue(line[first]) else { return nil }
        return line[first..<index].elementsEqual(Redactor.mark.utf8) ? nil : first..<index
    }

    /// `--token`, `--mqtt-password`
    private static func isOption(_ line: [UInt8], _ start: Int) -> Bool {
        var index = start
        while index > 0, Bytes.isWord(line[index - 1]) { index -= 1 }
        return line[index...].starts(with: Array("--".utf8))
    }

    /// A mapping, a list, a path, an anchor or a comment is no value.
    private static func isValue(_ byte: UInt8) -> Bool { !"{[/&*#|>".utf8.contains(byte) }

    /// What stands between `://` and `@` in a URL.
    private static func users(in line: [UInt8]) -> [Range<Int>] {
        var (ranges, start): ([Range<Int>], Int) = ([], 0)
        while let place = Bytes.range(of: "://", in: line, from: start) {
            start = place + 3
            let end =
                line[start...].firstIndex { Bytes.isBlank($0) || "/\"'?#<>".utf8.contains($0) }
                ?? line.count
            // A password may have an @ of its own.
            if let at = line[start..<end].lastIndex(of: UInt8(ascii: "@")), at > start {
                ranges.append(start..<at)
            }
        }
        return ranges
    }
}
