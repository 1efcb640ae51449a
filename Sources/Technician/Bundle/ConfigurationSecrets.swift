import Glibc
import Settings
import Telemetry

/// The secrets of a configuration: what files it names as secrets, and what it ought not to have
/// in it, but may. By the tree if the file can be read as one, by its lines otherwise.
struct ConfigurationSecrets {
    /// The files that hold secrets.
    private(set) var files: Set<String> = []
    /// The credentials of systemd that do.
    private(set) var credentials: Set<String> = []
    /// The secrets that stand in the configuration.
    private(set) var values: [String] = []
    /// Where they stand.
    private var ranges: [Range<TextPosition>] = []

    /// What a secret's mapping says beside the secret.
    private static let plain: Set<String> = ["identity", "alpn", "ca", "certificate", "username"]

    /// Looks for them in a file.
    init(_ file: SettingsFile) {
        let text = String(decoding: file.bytes, as: UTF8.self)
        if let root = file.root {
            look(at: root, key: "", isSecret: false, isPoint: false)
            values += text.split(separator: "\n").flatMap(Self.tellings)
        } else {
            (files, values) = BrokenConfiguration.secrets(in: text)
        }
        // Before anything is removed: a URL may stand in a line that goes as a whole.
        values += SecretPatterns.secrets(in: file.bytes).map {
            String(decoding: $0, as: UTF8.self)
        }
    }

    /// What a comment that speaks of a secret may tell: words with a digit in them.
    private static func tellings(_ line: Substring) -> [String] {
        guard let hash = line.firstIndex(of: "#"), withoutTelltale(String(line)) != line
        else { return [] }
        return line[hash...].split(separator: " ").map(String.init).filter {
            $0.utf8.count >= Redactor.anywhereLength && $0.contains(where: \.isNumber)
                && !$0.contains("/")
        }
    }

    private mutating func look(
        at node: SettingsNode, key: String, isSecret: Bool, isPoint: Bool
    ) {
        for child in node.keys {
            guard let value = node[child] else { continue }
            let isBare = value.text != nil
            // A point may be called `key`, and its keys are none.
            let names = SecretPatterns.isSecret(key: child) && (!isPoint || isBare)
            let isNamed = names || key == "environment"
            let isPlain = Self.plain.contains(child)
            look(
                at: value, key: child, isSecret: (isNamed || isSecret) && !isPlain,
                isPoint: isPoint || key == "points" || child == "points")
        }
        for item in node.items { look(at: item, key: key, isSecret: isSecret, isPoint: isPoint) }
        if isSecret, let text = node.text { take(text, of: node, key: key) }
    }

    private mutating func take(_ text: String, of node: SettingsNode, key: String) {
        if key == "credential" {
            credentials.insert(text)
        } else if key == "file" || (text.hasPrefix("/") && access(text, F_OK) == 0) {
            files.insert(text)
        } else if !text.isEmpty {
            values.append(text)
            ranges.append(node.range)
        }
    }

    /// The text without the secrets that stand in it, and without comments that speak of one.
    func clean(_ text: String) -> String {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map {
            Array($0.unicodeScalars)
        }
        for range in ranges.sorted(by: { $0.lowerBound > $1.lowerBound }) {
            Self.blank(range, in: &lines)
        }
        return lines.map { line in
            var text = String.UnicodeScalarView()
            text.append(contentsOf: line)
            return Self.withoutTelltale(String(text))
        }.joined(separator: "\n")
    }

    private static func blank(_ range: Range<TextPosition>, in lines: inout [[Unicode.Scalar]]) {
        let (start, end) = (range.lowerBound, range.upperBound)
        for number in start.line...max(start.line, end.line) where number <= lines.count {
            let line = lines[number - 1]
            let first = number == start.line ? min(start.column - 1, line.count) : 0
            let last = number == end.line ? min(end.column - 1, line.count) : line.count
            let mark = number == start.line ? Array(Redactor.mark.unicodeScalars) : []
            lines[number - 1].replaceSubrange(first..<max(first, last), with: mark)
        }
    }

    private static func withoutTelltale(_ line: String) -> String {
        guard let hash = line.firstIndex(of: "#") else { return line }
        let comment = line[hash...].lowercased()
        guard SecretPatterns.words.contains(where: comment.contains) else { return line }
        return line[..<hash] + "# " + Redactor.mark
    }
}
