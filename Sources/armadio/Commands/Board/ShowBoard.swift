import ArgumentParser
import Boards
import Console
import Glibc
import Settings

/// `armadio board show`
struct BoardShow: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Draw a board's pins, and list its buses and ports.",
        discussion: """
            Without a name, the board that this machine is. Lines that points of the \
            configuration take have a star.

            Examples:
              armadio board show
              armadio board show raspberry-pi-4b --config cabinet.yaml
            """)

    @Argument(help: ArgumentHelp("The board.", valueName: "board"), completion: Offer.boards)
    var name: String?
    @OptionGroup var boards: BoardsOption
    @Option(
        name: [.customShort("c"), .customLong("config")],
        help: ArgumentHelp("The configuration file.", valueName: "file"),
        completion: .file(extensions: ["yaml", "yml"]))
    var path = ConfigurationOption.usualPath
    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let board = try find()
        let users = board.users(of: try uses())
        if json {
            say(try Console.json(BoardReport(board, users: users)))
        } else {
            let map = PinMap(board, users: users, isColourful: isColourful)
            for line in BoardSheet(map).text { say(line) }
        }
    }

    private func find() throws -> Boards.Board {
        let name = name ?? boards.detected ?? standIn()
        switch boards.library.find(name) {
        case .found(let board): return board
        case .broken(let problems):
            for problem in problems { complainPlainly(problem.description) }
            throw Exit.badConfiguration
        case .unknown(let mend):
            complain("there is no board `\(name)`; \(mend)")
            throw Exit.failed
        }
    }

    /// The board for a machine that no profile knows, which is said.
    private func standIn() -> String {
        let tree = DeviceTree(folder: boards.deviceTree).compatible
        let machine = tree.isEmpty ? "there is no device tree" : tree.joined(separator: ", ")
        complain(
            "this board is not known (\(machine)), so here is `\(BoardLibrary.generic)`; "
                + "`armadio board list` shows the others")
        return BoardLibrary.generic
    }

    /// The lines of the configuration; none if the usual file is not there.
    private func uses() throws -> [LineUse] {
        if path == ConfigurationOption.usualPath, access(path, F_OK) != 0 { return [] }
        let file = SettingsFile(path: path)
        guard let root = file.root else {
            for problem in file.problems { complainPlainly(problem.description) }
            throw Exit.badConfiguration
        }
        return LineUse.all(in: root)
    }
}

extension LineUse {
    /// The `line:` of every point, whatever else the configuration has.
    fileprivate static func all(in root: SettingsNode) -> [LineUse] {
        let power = root["power-fail"]?["line"]?.text.map { LineUse(user: "power-fail", line: $0) }
        guard let devices = root["devices"] else { return [power].compactMap(\.self) }
        return [power].compactMap(\.self)
            + devices.keys.flatMap { device in
                let points = devices[device]?["points"]
                return (points?.keys ?? []).compactMap { point in
                    points?[point]?["line"]?.text.map {
                        LineUse(user: device + "/" + point, line: $0)
                    }
                }
            }
    }
}
