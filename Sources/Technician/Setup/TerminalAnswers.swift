import Console
import Glibc

/// A person at a terminal: plain lines, so that a serial console will do. `b`, `r` and `q` go back,
/// repeat and leave.
public final class TerminalAnswers: Answering {
    /// The longest answer that is taken in, in bytes.
    private static let longest = 4096
    private static let width = 78

    public let isPerson = true
    /// A line that was typed while nothing was asked.
    private var ahead: String?

    /// The terminal of this process.
    public init() {}

    public func show(_ text: String) { say(text) }

    public func answer(_ question: Question) throws(AnswerStop) -> String {
        if !question.isAgain { ask(question) }
        while true {
            write(question.suggestion.map { "[\($0)] > " } ?? "> ")
            let text = try next()
            switch text {
            case "b": throw .back
            case "r": throw .again
            case "q": throw .leave
            case "?":
                say(SetupTexts.keys)
                ask(question)
            case "":
                if let suggestion = question.suggestion { return suggestion }
                say(wrapped("  " + SetupTexts.possible(question.possible)))
            default: return text
            }
        }
    }

    /// The question and its choices, with what they mean below each other.
    private func ask(_ question: Question) {
        say("")
        say(wrapped(question.text))
        let digits = "\(question.choices.count)".count
        let width = question.choices.filter { !$0.meaning.isEmpty }.map(\.word.count).max() ?? 0
        for (number, choice) in question.choices.enumerated() {
            let number = pad("\(number + 1)", to: digits, onLeft: true)
            let meaning = choice.meaning.isEmpty ? "" : "  " + choice.meaning
            let word = meaning.isEmpty ? choice.word : pad(choice.word, to: width)
            say(String("  \(number)  \(word)\(meaning)".prefix(Self.width)))
        }
    }

    public func secret(_ question: Question) throws(AnswerStop) -> [UInt8] {
        say("")
        say(wrapped(question.text))
        var settings = termios()
        guard tcgetattr(STDIN_FILENO, &settings) == 0 else { throw .leave }
        let before = settings
        // Without ISIG too: Ctrl-C would end the program with a terminal that shows nothing.
        settings.c_lflag &= ~tcflag_t(ECHO | ICANON | ISIG)
        tcsetattr(STDIN_FILENO, TCSADRAIN, &settings)
        defer {
            var before = before
            tcsetattr(STDIN_FILENO, TCSADRAIN, &before)
            say("")
        }
        // Not before: what is typed at once must not be shown either.
        write("> ")
        return try typed()
    }

    public func hasEntered() -> Bool {
        var waiting = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
        guard ahead == nil, poll(&waiting, 1, 0) == 1 else { return ahead != nil }
        do throws(AnswerStop) {
            let text = try line()
            if !text.isEmpty { ahead = text }
        } catch {
            // The end of all input: the next question finds it, too.
        }
        return true
    }

    public func names(below key: [String]) -> [String] { [] }

    private func typed() throws(AnswerStop) -> [UInt8] {
        var bytes: [UInt8] = []
        while let byte = byte() {
            switch byte {
            case 0x0A, 0x0D: return bytes
            case 0x03, 0x04: throw .leave
            case 0x08, 0x7F: _ = bytes.popLast()
            default: if bytes.count < Self.longest { bytes.append(byte) }
            }
        }
        throw .leave
    }

    private func next() throws(AnswerStop) -> String {
        guard let text = ahead else { return try line() }
        ahead = nil
        return text
    }

    private func line() throws(AnswerStop) -> String {
        var bytes: [UInt8] = []
        while let byte = byte() {
            if byte == 0x0A {
                let text = String(decoding: bytes, as: UTF8.self)
                let begin = text.drop { $0 == " " || $0 == "\t" }
                return String(begin.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
            }
            if bytes.count < Self.longest { bytes.append(byte) }
        }
        throw .leave
    }

    /// The next byte; nil at the end. One at a time, so that nothing is taken that is a secret's.
    private func byte() -> UInt8? {
        var byte: UInt8 = 0
        while true {
            let count = read(STDIN_FILENO, &byte, 1)
            if count < 0 && errno == EINTR { continue }
            return count == 1 ? byte : nil
        }
    }
}
