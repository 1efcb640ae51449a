import Settings

/// `KEY=VALUE` of a command line.
public struct Assignment: Sendable {
    /// Why it is not taken.
    public struct Flaw: Error, CustomStringConvertible {
        public let description: String

        /// A flaw, in words.
        public init(description: String) { self.description = description }
    }

    /// The key, within others as `modbus-tcp.host`.
    public var key: String
    /// The value as YAML.
    public var yaml: String

    /// Keys whose values are secrets.
    private static let secrets = ["password", "passphrase", "secret", "token"]

    /// Understands a word of the command line.
    public init(_ word: String) throws(Flaw) {
        guard let equals = word.firstIndex(of: "="), equals > word.startIndex else {
            throw Flaw(description: "`\(word)` is not KEY=VALUE, such as interval=5s")
        }
        try self.init(
            key: String(word[..<equals]), value: String(word[word.index(after: equals)...]))
    }

    /// A key and what is written as its value: YAML if it begins like a group, a list or a quoted
    /// text, else the text itself.
    public init(key: String, value: String) throws(Flaw) {
        self.key = key
        let isYAML = value.first.map { "{[\"'".contains($0) } ?? false || value.contains("\n")
        yaml = isYAML ? value : ConfigurationEditor.scalar(value)
        let name = key.split(separator: ".").last.map(String.init) ?? key
        let root = SettingsFile(text: "\(ConfigurationEditor.scalar(name)): \(yaml)\n", name: "")
            .root
        if let secret = root.flatMap({ Self.secret(in: $0) }) { throw Self.refusal(of: secret) }
    }

    /// The key of a secret that stands there itself.
    private static func secret(in node: SettingsNode) -> String? {
        for key in node.keys {
            guard let value = node[key] else { continue }
            if secrets.contains(key.lowercased()), value.keys.isEmpty { return key }
            if let secret = secret(in: value) { return secret }
        }
        for item in node.items {
            if let secret = secret(in: item) { return secret }
        }
        return nil
    }

    private static func refusal(of key: String) -> Flaw {
        Flaw(
            description: "a secret on the command line can be read by every user and stays in the "
                + "shell's history; write it to a file with mode 600 and name that: "
                + "\(key)='{file: /etc/armadio/secrets/NAME}'")
    }

    /// The keys that lead to the value.
    public var path: [String] { key.split(separator: ".").map(String.init) }

    /// The values as YAML in one group in braces.
    public static func group(_ assignments: [Assignment]) throws(Flaw) -> String {
        do {
            var editor = try ConfigurationEditor(text: Array("{}".utf8), name: "command line")
            for assignment in assignments { try editor.add(assignment.path, assignment.yaml) }
            return String(decoding: editor.text, as: UTF8.self)
        } catch let problem as SettingsProblem {
            let mend = problem.mend.isEmpty ? "" : "; \(problem.mend)"
            throw Flaw(description: problem.what + mend)
        } catch {
            throw Flaw(description: "\(error)")
        }
    }
}
