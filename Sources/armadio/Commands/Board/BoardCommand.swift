import ArgumentParser
import Boards
import Settings

/// `armadio board`: what is known of boards.
struct BoardCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "board",
        abstract: "List and show boards, with their pins.",
        discussion: """
            A board's profile gives names to its lines, buses and ports, so that the \
            configuration need not know the kernel's.
            """,
        subcommands: [BoardList.self, BoardShow.self])
}

/// The option of every command that uses board profiles.
struct BoardsOption: ParsableArguments {
    @Option(
        name: .customLong("boards"),
        help: ArgumentHelp("The folder with your own boards.", valueName: "folder"))
    var folder = BoardLibrary.usualFolder
    @Option(help: ArgumentHelp("Where the kernel shows the device tree.", valueName: "folder"))
    var deviceTree = DeviceTree.usualFolder

    var library: BoardLibrary { BoardLibrary(folder: folder) }

    /// The board that this machine is; nil if none of them.
    var detected: String? { library.detect(DeviceTree(folder: deviceTree)) }
}

extension BoardsOption {
    /// The profile of the board that a configuration names, or else that this machine is; nil if
    /// there is none that is fit for use.
    func board(of configuration: ConfigurationOption) -> Boards.Board? {
        let named = SettingsFile(path: configuration.path).root?["board"]?.text
        guard let name = named ?? detected, case .found(let board) = library.find(name) else {
            return nil
        }
        return board
    }
}
