/// A question that a wizard asks, of a person or of a file of answers.
public struct Question: Sendable {
    /// One of the answers that are possible.
    public struct Choice: Sendable, Hashable {
        /// What is answered.
        public var word: String
        /// What it means; may be empty.
        public var meaning: String

        /// An answer and what it means.
        public init(_ word: String, _ meaning: String = "") {
            (self.word, self.meaning) = (word, meaning)
        }
    }

    /// Where a file of answers has the answer: one key within the other.
    public var key: [String]
    /// The question.
    public var text: String
    /// The answers that are possible, or that are offered beside others; may be empty.
    public var choices: [Choice]
    /// What else may be answered, in words; nil for nothing else.
    public var other: String?
    /// What an empty answer means; nil if there has to be one.
    public var suggestion: String?
    /// Whether it is asked since its answer did not fit: whoever has just read it is not shown all of
    /// it once more.
    public var isAgain = false

    /// A question.
    public init(
        _ key: [String], _ text: String, choices: [Choice] = [], other: String? = nil,
        suggestion: String? = nil
    ) {
        (self.key, self.text, self.choices) = (key, text, choices)
        (self.other, self.suggestion) = (other, suggestion)
    }

    /// The key as messages have it: `uplink.broker`.
    public var name: String { key.joined(separator: ".") }

    /// What is possible, on one line.
    public var possible: String {
        let words = choices.map(\.word) + (other.map { [$0] } ?? [])
        return words.joined(separator: ", ")
    }
}

/// Why there is no answer.
public enum AnswerStop: Error, Sendable, Hashable {
    /// Back to the step before.
    case back
    /// The step is to be done once more.
    case again
    /// The wizard is to be left.
    case leave
    /// A file has no answer that is possible; why.
    case impossible(String)
}

/// Whoever answers questions: a person at a terminal, or a file. May block.
public protocol Answering: AnyObject {
    /// Whether somebody is there who can be asked once more, and who can do something at the cabinet.
    var isPerson: Bool { get }

    /// Shows lines.
    func show(_ text: String)

    /// The answer to a question: as it was written, without blanks around it.
    func answer(_ question: Question) throws(AnswerStop) -> String

    /// The answer that nobody may see.
    func secret(_ question: Question) throws(AnswerStop) -> [UInt8]

    /// Whether somebody has pressed Enter while nothing was asked: waiting is over then. What was
    /// typed before is the next answer.
    func hasEntered() -> Bool

    /// The names under which there are answers below a key, so that what is expected and missing is
    /// found; none for a person.
    func names(below key: [String]) -> [String]
}
