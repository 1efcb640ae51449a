import ArgumentParser
import Console
import Glibc
import Telemetry

/// The program. Every command is one file in Commands.
@main
struct Armadio: AsyncParsableCommand {
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "armadio",
        abstract: "The gateway of a street cabinet: field devices to MQTT, nothing lost.",
        discussion: """
            New here? `armadio demo` shows everything without hardware.

            Exit codes: 0 done; 1 the command could not do what it was asked for; 2 the \
            configuration has problems; 3 no gateway answers on the control socket; 4 a device \
            did not answer, or not with good values; 64 the command line was not understood.
            """,
        version: version,
        subcommands: [
            Setup.self,
            Run.self, Check.self, Read.self, Write.self, Scan.self, Decode.self, Profile.self,
            BoardCommand.self,
            Status.self,
            Points.self, Log.self,
            JournalCommand.self,
            Receive.self,
            Simulate.self,
            Demo.self,
        ])

    static func main() async {
        if let word = CommandLine.arguments.dropFirst().first, let near = commandMeant(by: word) {
            complain("there is no command `\(word)`; \(near)")
            exit(withError: ExitCode(EX_USAGE))
        }
        await main(nil)
    }

    /// "did you mean", for a word that is no command but nearly one.
    private static func commandMeant(by word: String) -> String? {
        let names =
            configuration.subcommands.map { $0.configuration.commandName ?? "\($0)".lowercased() }
            + ["help"]
        return names.contains(word) ? nil : Spelling.suggestion(for: word, among: names)
    }
}

/// The exit codes, as the help lists them.
enum Exit {
    static let failed = ExitCode(1)
    static let badConfiguration = ExitCode(2)
    static let notRunning = ExitCode(3)
    static let badReading = ExitCode(4)
}
