import ArgumentParser
import Console
import Gateway
import Technician

/// `armadio health`: one word for scripts.
struct HealthCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "health",
        abstract: "Say in one word whether the gateway is well.",
        discussion: """
            ok        nothing is wrong
            degraded  something is wrong, and the gateway does its work all the same
            failing   the gateway does not do its work: its disk takes nothing, a part of it \
            hangs, no device answers, or the mains are gone
            stopped   no gateway answers

            It ends with 0 for ok and degraded, with 1 for failing, with 3 for stopped. What is \
            wrong, and what to do, is said by `armadio status`; both conclude it from the same.

            Examples:
              armadio health
              armadio health --json
            """)

    @OptionGroup var file: ConfigurationOption
    @OptionGroup var socket: SocketOption
    @Flag(help: "Print JSON, with what is wrong.")
    var json = false

    /// What is printed with `--json`.
    private struct Answer: Encodable {
        var health: String
        var findings: [Finding]
    }

    func run() throws {
        let status: JudgedStatus
        do throws(ControlClient.Failure) {
            status = JudgedStatus(
                try ControlClient.status(socket: socket.socket ?? file.controlSocket()))
        } catch {
            try tell("stopped", [Finding(.problem, "gateway", "\(error)")])
            throw error.exitCode
        }
        let findings = status.findings.filter { $0.severity >= .warning }
        try tell(status.health.rawValue, findings)
        if status.health == .failing { throw Exit.failed }
    }

    private func tell(_ word: String, _ findings: [Finding]) throws {
        say(json ? try Console.json(Answer(health: word, findings: findings)) : word)
    }
}
