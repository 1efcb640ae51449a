import Telemetry

/// Takes secrets out of texts: those that are known, in whatever form, and what looks like one.
struct Redactor {
    /// What stands where a secret was.
    static let mark = "REMOVED"
    /// A secret from this length on is removed wherever it stands.
    static let anywhereLength = 6
    /// A shorter one, from this length on, only where it is a word: else whole texts would go.
    static let wordLength = 3
    /// The most lines of a private key that are removed while its end does not come.
    private static let keyLines = 400

    /// A known secret, in small letters.
    private struct Needle {
        var bytes: [UInt8]
        var isWord: Bool
    }

    /// The secrets by their first byte, the longest first.
    private var needles: [UInt8: [Needle]] = [:]
    private var known: Set<[UInt8]> = []
    /// How many places have been changed.
    private(set) var removed = 0

    /// Knows a secret: as it is, by its lines, and in the forms that programs give it.
    mutating func add(_ secret: [UInt8]) {
        learn(secret.filter { $0 != 0x0D && $0 != 0x0A })
        for line in secret.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }) {
            let line = Array(line)
            // What frames a key is no secret, and stands in other files too.
            guard !line.starts(with: Array("-----".utf8)) else { continue }
            learn(line)
            guard line.count >= Self.anywhereLength else { continue }
            for form in SecretForms(line).all { learn(form) }
        }
    }

    private mutating func learn(_ secret: [UInt8]) {
        let bytes = Bytes.trimmed(secret).map(Bytes.small)
        guard bytes.count >= Self.wordLength, known.insert(bytes).inserted else { return }
        let needle = Needle(bytes: bytes, isWord: bytes.count < Self.anywhereLength)
        needles[bytes[0], default: []].append(needle)
        needles[bytes[0]]?.sort { $0.bytes.count > $1.bytes.count }
    }

    /// The text without secrets; its lines stay lines.
    mutating func clean(_ text: [UInt8]) -> [UInt8] {
        var clean: [UInt8] = []
        clean.reserveCapacity(text.count)
        var linesOfKey = 0
        for (index, line) in text.split(separator: 0x0A, omittingEmptySubsequences: false)
            .enumerated()
        {
            let line = Array(line)
            let ends = Bytes.contains(line, "-----END")
            if linesOfKey > 0 {
                linesOfKey = ends ? 0 : linesOfKey - 1
                continue
            }
            if index > 0 { clean.append(0x0A) }
            if let start = Bytes.range(of: "-----BEGIN", in: line),
                Bytes.contains(line, "PRIVATE KEY")
            {
                clean += withoutSecrets(Array(line[..<start])) + Array(Self.mark.utf8)
                removed += 1
                linesOfKey = ends ? 0 : Self.keyLines
            } else {
                clean += withoutSecrets(line)
            }
        }
        return clean
    }

    private mutating func withoutSecrets(_ line: [UInt8]) -> [UInt8] {
        let known = withoutKnown(line)
        let (clean, count) = SecretPatterns.clean(known)
        removed += count
        return clean
    }

    private mutating func withoutKnown(_ line: [UInt8]) -> [UInt8] {
        guard !needles.isEmpty else { return line }
        var clean: [UInt8] = []
        var index = 0
        while index < line.count {
            if let needle = needle(in: line, at: index) {
                clean += Array(Self.mark.utf8)
                removed += 1
                index += needle.bytes.count
            } else {
                clean.append(line[index])
                index += 1
            }
        }
        return clean
    }

    private func needle(in line: [UInt8], at index: Int) -> Needle? {
        guard let candidates = needles[Bytes.small(line[index])] else { return nil }
        return candidates.first { needle in
            let end = index + needle.bytes.count
            guard end <= line.count else { return false }
            for offset in needle.bytes.indices
            where Bytes.small(line[index + offset]) != needle.bytes[offset] { return false }
            guard needle.isWord else { return true }
            let before = index == 0 || !Bytes.isWord(line[index - 1])
            return before && (end == line.count || !Bytes.isWord(line[end]))
        }
    }
}

/// The forms in which a secret turns up: in JSON, in a URL, in base64 behind a user's name, in
/// hexadecimal digits.
struct SecretForms {
    let all: [[UInt8]]

    init(_ secret: [UInt8]) {
        let text = String(decoding: secret, as: UTF8.self)
        let json = text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        let digits = secret.map { byte in
            let digits = String(byte, radix: 16)
            return digits.count < 2 ? "0" + digits : digits
        }
        let url = zip(secret, digits).map { byte, digits in
            Bytes.isWord(byte) || byte == UInt8(ascii: ".")
                ? String(decoding: [byte], as: UTF8.self) : "%" + digits
        }
        let texts = [json, json.replacing("/", with: "\\/"), url.joined(), digits.joined()]
        all = texts.map { Array($0.utf8) } + (0..<3).map { Self.base64(secret, behind: $0) }
    }

    /// The digits that are the secret's alone if so many bytes, modulo 3, stand before it.
    private static func base64(_ secret: [UInt8], behind count: Int) -> [UInt8] {
        let alphabet = Array(
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        let padded = [UInt8](repeating: 0, count: count) + secret
        var digits: [UInt8] = []
        for start in stride(from: 0, to: padded.count - 2, by: 3) {
            let word = padded[start..<start + 3].reduce(0) { $0 << 8 | Int($1) }
            digits += [18, 12, 6, 0].map { alphabet[word >> $0 & 63] }
        }
        // The first digits are mixed with what stands before.
        return Array(digits.dropFirst(count == 0 ? 0 : count + 1))
    }
}
