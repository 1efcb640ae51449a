import ArgumentParser
import Console

/// `armadio completions`
struct Completions: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print what makes a shell complete words.",
        discussion: """
            Tab then completes commands and options, and the devices, points, buses, profiles and \
            boards of this cabinet. Where the file belongs: \
            /usr/share/bash-completion/completions/armadio for bash, a folder of $fpath under the \
            name _armadio for zsh, ~/.config/fish/completions/armadio.fish for fish.

            Examples:
              armadio completions bash > armadio.bash
              armadio completions zsh > _armadio
              armadio completions fish > armadio.fish
            """)

    /// The shells that the parser's library writes scripts for.
    enum Shell: String, CaseIterable, ExpressibleByArgument {
        case bash, zsh, fish
    }

    @Argument(help: "The shell.")
    var shell: Shell

    func run() {
        let script =
            switch shell {
            case .bash: Armadio.completionScript(for: .bash)
            case .zsh: Armadio.completionScript(for: .zsh)
            case .fish: Armadio.completionScript(for: .fish)
            }
        say(script)
    }
}
