import Console

/// Asks questions until an answer fits, and remembers what was answered: for a step that is done
/// once more, and for a file of answers.
final class Interview {
    /// An answer, or what is wrong with it.
    enum Verdict<Answer> {
        case fits(Answer)
        case flaw(String)
    }

    let source: any Answering
    /// The answers so far by key, in the order of the questions. A wizard asks some hundreds at most.
    private(set) var answers: [(key: [String], text: String)] = []

    init(_ source: any Answering) {
        self.source = source
    }

    func show(_ text: String = "") { source.show(text) }

    /// Asks until the answer fits. A file is not asked twice: its answer is an error then.
    func ask<Answer>(
        _ question: Question, _ judge: (String) -> Verdict<Answer>
    ) throws(AnswerStop) -> Answer {
        var question = question
        if source.isPerson {
            question.suggestion = given(question.key) ?? question.suggestion
        }
        while true {
            let text = try source.answer(question)
            switch judge(text) {
            case .fits(let answer):
                remember(question.key, text)
                return answer
            case .flaw(let flaw):
                guard source.isPerson else {
                    throw .impossible("`\(question.name): \(text)` is not possible: \(flaw)")
                }
                source.show("  " + flaw)
            }
        }
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

    private func given(_ key: [String]) -> String? {
        answers.last { $0.key == key }?.text
    }

    private func remember(_ key: [String], _ text: String) {
        if let index = answers.firstIndex(where: { $0.key == key }) {
            answers[index].text = text
        } else {
            answers.append((key, text))
        }
    }

    /// The answers as a file, with which the same can be done once more. Secrets are not in it.
    var file: String {
        var lines = [SetupTexts.answersHead]
        var open: [String] = []
        for (key, text) in answers {
            var shared = 0
            while shared < min(open.count, key.count - 1), open[shared] == key[shared] {
                shared += 1
            }
            for depth in shared..<(key.count - 1) {
                lines.append(indent(depth) + quoted(key[depth]) + ":")
            }
            open = Array(key.dropLast())
            lines.append(indent(key.count - 1) + quoted(key[key.count - 1]) + ": " + quoted(text))
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func indent(_ depth: Int) -> String { String(repeating: "  ", count: depth) }

    private func quoted(_ text: String) -> String { text.yamlScalar }
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
