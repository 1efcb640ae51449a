import Console
import Gateway
import Glibc
import Synchronization

/// Follows a configuration that was brought into use: until its uplinks are up, or its trial has
/// ended. Blocks; made for a command that does nothing else.
public struct TrialWatch {
    /// How it ended.
    public enum Outcome: String, Encodable, Sendable {
        /// It is in use for good.
        case inUse = "in use"
        /// What was before is in use again.
        case takenBack = "taken back"
        /// It is in use for good, but an uplink is down.
        case linkDown = "link down"
        /// The gateway ended meanwhile.
        case gatewayGone = "gateway gone"
        /// Somebody has interrupted the command; the trial goes on.
        case left
    }

    /// What is told in the end.
    public struct End: Encodable, Sendable {
        /// How it ended.
        public var outcome: Outcome
        /// Why; may be empty.
        public var reason: String
        /// The version's number; nil if nothing has changed.
        public var number: Int?
    }

    /// How it speaks.
    public struct Voice {
        /// Prints a line.
        var say: (String) -> Void
        /// Whether somebody can answer on standard input.
        var isPerson: Bool

        /// A voice.
        public init(say: @escaping (String) -> Void, isPerson: Bool = false) {
            (self.say, self.isPerson) = (say, isPerson)
        }
    }

    /// How often the gateway is asked, in milliseconds.
    private static let step: Int32 = 500
    /// How long the uplinks of a configuration that was not tried are waited for, in seconds.
    private static let patience = 30.0
    /// How often a person is told the time left though nothing else has changed, in seconds.
    private static let reminder = 30.0

    private let answer: ConfigurationAnswer
    private let file: String
    private let socket: String
    private let voice: Voice

    /// - Parameters:
    ///   - answer: What the gateway has said.
    ///   - file: The configuration file's name.
    ///   - socket: Where the gateway is asked.
    public init(answer: ConfigurationAnswer, file: String, socket: String, voice: Voice) {
        (self.answer, self.file, self.socket, self.voice) = (answer, file, socket, voice)
    }

    /// Waits for the end, and says what happens on the way.
    public func run() -> End {
        switch answer.state {
        case "applied": return isInterruptible { followTrial() }
        case "confirmed": return isInterruptible { followLinks() }
        case "taken back": return End(outcome: .inUse, reason: answer.reason, number: nil)
        default: return End(outcome: .inUse, reason: answer.reason, number: answer.number)
        }
    }

    // MARK: A trial

    private func followTrial() -> End {
        var told = ""
        var lastTime = Double.infinity
        if voice.isPerson { voice.say("type `yes` and Enter to keep it, `no` to take it back now") }
        while true {
            do throws(ControlClient.Failure) {
                let history = try ControlClient.configurations(socket: socket)
                guard let trial = history.trial, trial.number == answer.number else {
                    return end(of: history)
                }
                let words = try Self.words(ControlClient.status(socket: socket))
                let waits = trial.isConfirmed ? "confirmed; waits for its uplinks" : "on trial"
                if words + waits != told || trial.secondsLeft < lastTime - Self.reminder {
                    voice.say("\(words); \(waits), \(timeSpan(trial.secondsLeft)) left")
                    (told, lastTime) = (words + waits, trial.secondsLeft)
                }
                guard let word = listen() else { return left(trial.secondsLeft) }
                try heed(word)
            } catch {
                return gone(error)
            }
        }
    }

    /// Does what was typed.
    private func heed(_ word: String) throws(ControlClient.Failure) {
        switch word.lowercased() {
        case "": break
        case "y", "yes": _ = try ControlClient.confirmConfiguration(socket: socket)
        case "n", "no":
            _ = try ControlClient.rollBackConfiguration(to: nil, within: nil, socket: socket)
        default: voice.say("`\(word)`? type `yes` to keep it, `no` to take it back now")
        }
    }

    private func end(of history: ConfigurationHistory) -> End {
        let version = history.versions.last { $0.number == answer.number }
        let number = answer.number ?? 0
        let reason = version?.reason ?? "its outcome is not known any more"
        switch version?.outcome {
        case .confirmed:
            voice.say("confirmed: version \(number) is in use")
            return End(outcome: .inUse, reason: reason, number: number)
        case .replaced:
            voice.say("the trial has ended: \(reason)")
            return End(outcome: .takenBack, reason: reason, number: number)
        default:
            voice.say("taken back: \(reason)")
            voice.say(
                "what was in use before is in use again, and in \(history.file); the text that was "
                    + "tried stays version \(number): `armadio config diff \(number)`")
            return End(outcome: .takenBack, reason: reason, number: number)
        }
    }

    private func left(_ seconds: Double) -> End {
        voice.say(
            "the trial goes on: in \(timeSpan(seconds)) it is taken back unless "
                + "`armadio config confirm` keeps it")
        return End(outcome: .left, reason: "", number: answer.number)
    }

    private func gone(_ error: ControlClient.Failure) -> End {
        voice.say("the gateway does not answer any more: \(error)")
        return End(outcome: .gatewayGone, reason: "\(error)", number: answer.number)
    }

    // MARK: In use

    private func followLinks() -> End {
        var told = ""
        var left = Self.patience
        while true {
            do throws(ControlClient.Failure) {
                let status = try ControlClient.status(socket: socket)
                let words = Self.words(status)
                if words != told { voice.say(words) }
                told = words
                let down = status.uplinks.filter { !$0.isUp }
                let isQuiet = status.devices.allSatisfy { $0.isAnswering && $0.requests > 0 }
                if down.isEmpty, isQuiet || left < Self.patience - 5 {
                    return End(outcome: .inUse, reason: "", number: answer.number)
                }
                guard left > 0 else { return stayedDown(down) }
                left -= Double(Self.step) / 1000
                guard listen(toInput: false) != nil else {
                    return End(outcome: .left, reason: "", number: answer.number)
                }
            } catch {
                return gone(error)
            }
        }
    }

    private func stayedDown(_ links: [StatusReport.Link]) -> End {
        let reason = links.map { "\($0.name) is down: \($0.failure ?? "not yet connected")" }
            .joined(separator: "; ")
        voice.say("\(reason); `armadio config rollback` brings back what was in use before")
        return End(outcome: .linkDown, reason: reason, number: answer.number)
    }

    // MARK: Words

    /// How uplinks and devices are, on one line.
    static func words(_ status: StatusReport) -> String {
        let links = status.uplinks.map { link in
            link.isUp
                ? "\(link.name) is up"
                : "\(link.name) is down" + (link.failure.map { " (\($0))" } ?? "")
        }
        let silent = status.devices.filter { !$0.isAnswering }.map(\.name)
        let count = status.devices.count - silent.count
        var devices = "\(count) of \(status.devices.count) devices answer"
        if !silent.isEmpty {
            devices += ", not " + silent.prefix(3).joined(separator: ", ")
            if silent.count > 3 { devices += " and \(silent.count - 3) more" }
        }
        return (links + [devices]).joined(separator: "; ")
    }

    /// What the gateway has said.
    public static func words(_ answer: ConfigurationAnswer, file: String) -> [String] {
        let why = answer.reason.isEmpty ? "" : ": \(answer.reason)"
        let number = answer.number.map { "version \($0)" } ?? "the file"
        switch answer.state {
        case "applied":
            guard let within = answer.within else { return ["\(number) is on trial\(why)"] }
            return [
                "\(number) is on trial\(why); taken back unless `armadio config confirm` keeps it "
                    + "within \(timeSpan(within))"
            ]
        case "confirmed": return ["\(number) is in use\(why)"]
        case "unchanged": return ["\(file): nothing to change, this is in use\(why)"]
        case "taken back": return ["taken back\(why); what was in use before is in use again"]
        case "refused":
            return answer.problems.map { problem in
                let place = problem.line.map { ":\($0):\(problem.column ?? 1)" } ?? ""
                let mend = problem.mend.isEmpty ? "" : "; \(problem.mend)"
                return "\(file)\(place): \(problem.what)\(mend)"
            } + ["armadio: nothing was changed\(why)"]
        default: return ["\(answer.state)\(why)"]
        }
    }

    // MARK: Waiting

    private func isInterruptible(_ body: () -> End) -> End {
        isInterrupted.store(false, ordering: .relaxed)
        let old = signal(SIGINT) { _ in isInterrupted.store(true, ordering: .relaxed) }
        defer { signal(SIGINT, old) }
        return body()
    }

    /// Waits a step; what was typed meanwhile, and nil if somebody has interrupted.
    private func listen(toInput listens: Bool = true) -> String? {
        let isListening = listens && voice.isPerson
        var descriptors = [pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)]
        let count = poll(&descriptors, isListening ? 1 : 0, Self.step)
        if isInterrupted.load(ordering: .relaxed) { return nil }
        guard count > 0 else { return "" }
        guard let line = readLine() else {
            // Nobody can answer any more: only wait.
            poll(nil, 0, Self.step)
            return ""
        }
        return line
    }
}

/// Set by the handler of SIGINT, which may do nothing else.
private let isInterrupted = Atomic(false)
