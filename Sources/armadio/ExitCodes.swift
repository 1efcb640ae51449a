import ArgumentParser
import Glibc

/// The exit codes. The help and the man pages list them from here.
enum Exit {
    static let failed = ExitCode(1)
    static let badConfiguration = ExitCode(2)
    static let notRunning = ExitCode(3)
    static let badReading = ExitCode(4)
    static let badUsage = ExitCode(EX_USAGE)

    /// An exit code, and when a command ends with it.
    struct Meaning {
        var code: ExitCode
        var sentence: String
    }

    /// All of them, in their order.
    static let table = [
        Meaning(code: .success, sentence: "done"),
        Meaning(code: failed, sentence: "the command could not do what it was asked for"),
        Meaning(code: badConfiguration, sentence: "the configuration has problems"),
        Meaning(code: notRunning, sentence: "no gateway answers on the control socket"),
        Meaning(
            code: badReading, sentence: "a device did not answer, or not with good values"),
        Meaning(code: badUsage, sentence: "the command line was not understood"),
    ]

    /// The table in one sentence.
    static var summary: String {
        table.map { "\($0.code.rawValue) \($0.sentence)" }.joined(separator: "; ") + "."
    }
}
