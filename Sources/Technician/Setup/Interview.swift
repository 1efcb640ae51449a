import Console

/// Asks questions until an answer fits, and remembers what was answered: for a step that is done
/// once more, and for a file of answers.
final class Interview {
    /// An answer, or what is wrong with it.
    enum Verdict<Answer> {
        case fits(Answer)
        case flaw(String)
    }

    /// What was answered to one question.
    private struct Given {
        var key: [String]
        /// As YAML has it, each time that it was asked.
        var scalars: [String] = []
        /// The last time, as it was written; nil for a secret.
        var last: String?
        var step: Int
    }

    let source: any Answering
    /// The answers so far, in the order of the questions. A wizard asks some hundreds at most.
    private var answers: [Given] = []
    /// What was answered before a step was done once more, by key: what is suggested then.
    private var memory: [[String]: String] = [:]
    private var step = 0

    init(_ source: any Answering) {
        self.source = source
    }

    func show(_ text: String) { source.show(text) }

    /// Shows a sentence, to a person in lines that fit.
    func tell(_ text: String) { source.show(source.isPerson ? wrapped(text) : text) }

    /// What is suggested to a person until something else was answered.
    func suggest(_ text: String?, for key: [String]) { memory[key] = text }

    /// Questions below a key come once more: what was answered to them is a suggestion now.
    func repeatQuestions(below key: String) {
        guard source.isPerson else { return }
        for given in answers where given.key.first == key { memory[given.key] = given.last }
        answers.removeAll { $0.key.first == key }
    }

    /// A step begins, perhaps once more: what was answered in it and behind it is a suggestion now.
    func begin(step: Int) {
        self.step = step
        for given in answers where given.step >= step {
            memory[given.key] = given.last
        }
        answers.removeAll { $0.step >= step }
    }

    /// Whether something was asked in a step.
    func hasAsked(in step: Int) -> Bool { answers.contains { $0.step == step } }

    /// Asks until the answer fits. A file is not asked twice: its answer is an error then.
    func ask<Answer>(
        _ question: Question, _ judge: (String) -> Verdict<Answer>
    ) throws(AnswerStop) -> Answer {
        var question = question
        if source.isPerson, !question.dependsOnValues {
            question.suggestion = remembered(question) ?? question.suggestion
        }
        while true {
            let text = try source.answer(question)
            switch judge(text) {
            case .fits(let answer):
                remember(question.key, text.yamlScalar, text)
                return answer
            case .flaw(let flaw):
                guard source.isPerson else {
                    throw .impossible("`\(question.name): \(text)` is not possible: \(flaw)")
                }
                tell("  " + flaw)
                question.isAgain = true
            }
        }
    }

    /// What is remembered of a question, as far as it is still possible.
    private func remembered(_ question: Question) -> String? {
        guard let text = memory[question.key] else { return nil }
        let isClosed = question.other == nil && !question.choices.isEmpty
        return isClosed ? choice(text, of: question) : text
    }

    /// A secret, of which nothing is remembered but that there is one.
    func secret(_ question: Question) throws(AnswerStop) -> [UInt8] {
        let secret = try source.secret(question)
        remember(question.key, "{env: MQTT_PASSWORD}", nil)
        return secret
    }

    /// One of the question's choices, by its word or, for a person, by its number.
    func choose(_ question: Question) throws(AnswerStop) -> String {
        try ask(question) { self.choice($0, of: question).map { .fits($0) } ?? self.flaw(question) }
    }

    func confirm(
        _ key: [String], _ text: String, suggestion: Bool? = nil
    ) throws(AnswerStop) -> Bool {
        let question = Question(
            key, text, choices: [.init("yes"), .init("no")],
            suggestion: suggestion.map { $0 ? "yes" : "no" })
        return try ask(question) { text in
            switch text.lowercased() {
            case "yes", "y", "true", "1": .fits(true)
            case "no", "n", "false", "2": .fits(false)
            default: .flaw("answer yes or no")
            }
        }
    }

    /// The choice that an answer means; nil for none.
    func choice(_ text: String, of question: Question) -> String? {
        if let word = question.choices.first(where: { $0.word == text })?.word { return word }
        if let word = question.choices.first(where: {
            $0.word.lowercased() == text.lowercased()
        })?.word {
            return word
        }
        guard source.isPerson, let number = Int(text), question.choices.indices.contains(number - 1)
        else { return nil }
        return question.choices[number - 1].word
    }

    func flaw<Answer>(_ question: Question) -> Verdict<Answer> {
        .flaw(SetupTexts.possible(question.possible))
    }

    private func remember(_ key: [String], _ scalar: String, _ text: String?) {
        let known = answers.firstIndex { $0.key == key }
        if known == nil { answers.append(Given(key: key, step: step)) }
        let index = known ?? answers.count - 1
        answers[index].scalars.append(scalar)
        answers[index].last = text
    }

    /// The answers as a file, with which the same can be done once more. Secrets are not in it.
    var file: String {
        var lines = [SetupTexts.answersHead]
        var open: [String] = []
        for given in answers {
            let (key, texts) = (given.key, given.scalars)
            var shared = 0
            while shared < min(open.count, key.count - 1), open[shared] == key[shared] {
                shared += 1
            }
            for depth in shared..<(key.count - 1) {
                lines.append(indent(depth) + key[depth].yamlScalar + ":")
            }
            open = Array(key.dropLast())
            let text =
                texts.count == 1 ? texts[0] : "[" + texts.joined(separator: ", ") + "]"
            lines.append(indent(key.count - 1) + key[key.count - 1].yamlScalar + ": " + text)
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func indent(_ depth: Int) -> String { String(repeating: "  ", count: depth) }

}

extension Question {
    /// Whether another time the answer may well be another, whatever it was before.
    fileprivate var dependsOnValues: Bool {
        ["right", "order", "failed"].contains(key.last) || key.first == "empty"
    }
}

extension String {
    /// As a scalar of YAML: in double quotes where it would be taken for something else (YAML 1.2.2,
    /// section 7.3).
    var yamlScalar: String {
        let isPlain =
            !isEmpty
            && allSatisfy {
                $0.isASCII && ($0.isLetter || $0.isNumber || "-._/".contains($0))
            } && first.map { $0.isLetter || $0.isNumber || $0 == "/" } == true
            && !["true", "false", "null", "~"].contains(lowercased())
        if isPlain { return self }
        return "\"" + flatMap { $0 == "\"" || $0 == "\\" ? ["\\", $0] : [$0] } + "\""
    }
}
