import ArgumentParser
import Console
import Platform
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

            Exit codes: \(Exit.summary)
            """,
        version: version,
        subcommands: [
            Setup.self,
            Run.self, Check.self, Config.self, Add.self, SetCommand.self, Remove.self,
            Status.self, HealthCommand.self, DoctorCommand.self, Watch.self, History.self,
            Points.self, Read.self,
            Write.self,
            Log.self,
            Scan.self, Decode.self, Profile.self, BoardCommand.self,
            JournalCommand.self,
            Receive.self,
            Simulate.self,
            Demo.self,
            Report.self, SupportBundleCommand.self,
            Completions.self,
            Manual.self,
        ])

    static func main() async {
        shareOneHeap()
        if let word = CommandLine.arguments.dropFirst().first, !word.hasPrefix("-"),
            let near = commandMeant(by: word)
        {
            complain("there is no command `\(word)`; \(near)")
            exit(withError: Exit.badUsage)
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
