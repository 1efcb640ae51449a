import ArgumentParser
import Boards
import Console
import Settings

/// `armadio board list`
struct BoardList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the boards there are.",
        discussion: """
            The board that this machine is has a star. Your own boards come before those that the \
            program brings along. Exits with 1 if one of yours has problems.

            Examples:
              armadio board list
              armadio board list --json
            """)

    @OptionGroup var boards: BoardsOption
    @Flag(help: "Print JSON.")
    var json = false

    private struct Row: Encodable {
        var name: String
        var title: String?
        var compatible: [String]
        /// The file; nil for one that is part of the program.
        var file: String?
        var isSound: Bool
        /// Whether this machine is one.
        var isDetected: Bool

        private enum CodingKeys: String, CodingKey {
            case name, title, compatible, file
            case isSound = "sound"
            case isDetected = "detected"
        }
    }

    func run() throws {
        let detected = boards.detected
        var problems: [SettingsProblem] = []
        let rows = boards.library.names.map { row($0, detected, &problems) }
        say(json ? try Console.json(rows) : text(rows))
        for problem in problems { complainPlainly(problem.description) }
        if !problems.isEmpty { throw Exit.failed }
    }

    private func row(_ name: String, _ detected: String?, _ problems: inout [SettingsProblem])
        -> Row
    {
        var row = Row(
            name: name, compatible: [], file: boards.library.ownFile(of: name), isSound: false,
            isDetected: name == detected)
        switch boards.library.find(name) {
        case .broken(let found): problems += found
        case .unknown: break
        case .found(let board):
            row.title = board.title
            row.compatible = board.compatible
            row.isSound = true
        }
        return row
    }

    private func text(_ rows: [Row]) -> String {
        table(
            ["", "BOARD", "TITLE", "FROM"],
            rows.map { row in
                [
                    row.isDetected ? "*" : "", row.name,
                    row.isSound ? row.title ?? "" : "has problems", row.file ?? "armadio",
                ]
            })
    }
}
