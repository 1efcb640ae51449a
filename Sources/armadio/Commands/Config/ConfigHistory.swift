import ArgumentParser
import Console
import Gateway

/// `armadio config history`: the configurations that were.
struct ConfigHistory: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history", abstract: "List the last configurations.",
        discussion: """
            The last 20 with who brought them, when, and what became of them.

            Examples:
              armadio config history
              armadio config history --json
            """)

    @OptionGroup var file: ConfigurationOption
    @OptionGroup var socket: SocketOption
    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let history = try history()
        say(json ? try Console.json(history) : text(history))
    }

    /// The gateway's, or what lies beside the file if none runs.
    private func history() throws -> ConfigurationHistory {
        do throws(ControlClient.Failure) {
            return try ControlClient.configurations(
                socket: socket.socket ?? file.quietControlSocket())
        } catch {
            guard error.isAbsence else {
                complain("\(error)")
                throw Exit.notRunning
            }
            let store = ConfigurationStore(path: file.path)
            if let damage = store.damage {
                complain("the history cannot be read: \(damage)")
                throw Exit.failed
            }
            return ConfigurationHistory(file: file.path, versions: store.history)
        }
    }

    private func text(_ history: ConfigurationHistory) -> String {
        var lines: [String] = []
        if history.versions.isEmpty {
            lines.append("no other configuration was in use or tried yet")
        } else {
            lines.append(
                table(
                    ["NUMBER", "WHEN", "WHO", "OUTCOME", "REASON"],
                    history.versions.map { version in
                        [
                            "\(version.number)", version.time ?? "-", version.origin,
                            version.number == history.inUse && history.trial == nil
                                ? "in use" : version.outcome.rawValue, version.reason,
                        ]
                    }))
        }
        if let trial = history.trial {
            lines.append(
                "\(trial.number) is on trial: taken back in \(timeSpan(trial.secondsLeft)) unless "
                    + "`armadio config confirm` keeps it")
        }
        if history.isFileInUse == false {
            lines.append("\(history.file) has changes that are not in use: `armadio config diff`")
        }
        return lines.joined(separator: "\n")
    }
}
