/// A person at a terminal: waits for a question of the program, answers it.
public struct TestPerson {
    /// Where the person sits.
    public let terminal: TestTerminal
    private var seen = 0

    /// A person who has just come.
    public init(at terminal: TestTerminal) {
        self.terminal = terminal
    }

    /// Waits for a question.
    ///
    /// - Throws: `TestTerminal.Failure` if it is not asked.
    public mutating func isAsked(_ question: String) async throws {
        seen = try await terminal.output(since: seen) { text in
            guard let begin = text.firstRange(of: question) else { return false }
            return text[begin.upperBound...].hasSuffix("> ")
        }
    }

    /// Waits for a question, and answers it.
    ///
    /// - Throws: `TestTerminal.Failure` if it is not asked, `SystemError`.
    public mutating func answer(_ question: String, _ answer: String) async throws {
        try await isAsked(question)
        try await terminal.type(answer)
    }

    // MARK: armadio setup

    /// Answers what is asked of three meters on a serial line, of which the second sends its lower
    /// words first.
    ///
    /// - Throws: As `answer`.
    public mutating func setUpThreeMeters() async throws {
        try await answer("Which unit ids", "1-3")
        try await answer("modbus-1/1: which profile", "eastron-sdm63")
        try await answer("did you mean `eastron-sdm630`?", "eastron-sdm630")
        try await answer("What is modbus-1/1 called?", "meter-1")
        try await answer("meter-1 says now:", "yes")
        try await answer("modbus-1/2: which profile", "")
        try await answer("What is modbus-1/2 called?", "meter-2")
        try await answer("meter-2 says now:", "")
        try await answer("Which order is right? (the likeliest: CDAB)", "")
        try await answer("meter-2 says now:", "")
        try await answer("modbus-1/3: which profile", "")
        try await answer("What is modbus-1/3 called?", "meter-3")
        try await answer("meter-3 says now:", "")
    }

    /// Answers what is asked of the uplink.
    ///
    /// - Parameter address: What is said to be the broker's; its own unless given.
    /// - Throws: As `answer`.
    public mutating func connect(
        to broker: SecuredBroker, at address: String? = nil, password: String
    ) async throws {
        try await answer("Where is the broker?", address ?? "mqtts://localhost:\(broker.port)")
        try await answer("Which file has the authority", broker.authority)
        try await answer("Which user", SecuredBroker.user)
        try await answer("The user's password", password)
        try await answer("Which language", "")
    }
}
