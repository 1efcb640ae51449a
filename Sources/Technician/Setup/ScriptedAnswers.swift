import Console
import Glibc
import Platform
import Settings

/// The answers of a wizard in a file:
///
///     site: cabinet-0042
///     uplink: {broker: "mqtts://broker.example", password: {file: /root/mqtt.secret}}
///
/// A list is for a question that is asked more than once: its first answer for the first time.
public final class ScriptedAnswers: Answering {
    /// The largest file: 1 MiB, beyond a thousand devices.
    private static let limit = 1 << 20
    private let file: SettingsFile
    private let echo: (String) -> Void
    private var asked: [[String]: Int] = [:]

    public let isPerson = false

    /// The answers of a file.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - show: Shows a line.
    /// - Throws: The file's problems.
    public convenience init(
        path: String, show: @escaping (String) -> Void
    ) throws(SettingsProblems) {
        try self.init(
            SettingsFile(path: path, limit: Self.limit, beginning: "site: NAME"), show: show)
    }

    /// The answers of a text.
    ///
    /// - Throws: The text's problems.
    public init(_ file: SettingsFile, show: @escaping (String) -> Void) throws(SettingsProblems) {
        guard file.problems.isEmpty else { throw SettingsProblems(file.problems) }
        (self.file, echo) = (file, show)
    }

    public func show(_ text: String) { echo(text) }

    public func answer(_ question: Question) throws(AnswerStop) -> String {
        guard let node = node(question.key) else {
            throw .impossible(SetupTexts.missing(file.name, question))
        }
        let count = asked[question.key, default: 0]
        asked[question.key] = count + 1
        let items = node.items
        let all = items.isEmpty ? node.text.map { [$0] } ?? [] : items.compactMap(\.text)
        guard count < all.count else {
            throw .impossible(
                all.isEmpty
                    ? SetupTexts.noText(file.name, question)
                    : SetupTexts.askedAgain(file.name, question, all.count))
        }
        let text = all[count]
        echo("\(question.name): \(text)")
        return text
    }

    public func secret(_ question: Question) throws(AnswerStop) -> [UInt8] {
        guard let node = node(question.key) else {
            throw .impossible(SetupTexts.missingSecret(file.name, question))
        }
        if let path = node["file"]?.text {
            echo("\(question.name): file \(path)")
            do throws(SystemError) {
                return Self.withoutBreak(
                    try readSmallFileBytes(path, limit: SecretSource.limitBytes))
            } catch {
                throw .impossible("\(file.name): `\(question.name)`: \(error)")
            }
        }
        if let name = node["env"]?.text {
            echo("\(question.name): from the environment, \(name)")
            guard let value = getenv(name) else {
                throw .impossible(SetupTexts.noVariable(file.name, question, name))
            }
            return Self.withoutBreak(Array(String(cString: value).utf8))
        }
        throw .impossible(SetupTexts.missingSecret(file.name, question))
    }

    public func hasEntered() -> Bool { false }

    public func names(below key: [String]) -> [String] { node(key)?.keys ?? [] }

    private func node(_ key: [String]) -> SettingsNode? {
        var node = file.root
        for word in key { node = node?[word] }
        return node
    }

    private static func withoutBreak(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        if bytes.last == 10 { bytes.removeLast() }
        if bytes.last == 13 { bytes.removeLast() }
        return bytes
    }
}
