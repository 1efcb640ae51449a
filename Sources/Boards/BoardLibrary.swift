import BoardFiles
import Glibc
import Settings
import Telemetry

/// What a search for a board has led to.
public enum BoardLookup: Sendable {
    /// A board that is fit for use.
    case found(Board)
    /// A file with problems.
    case broken([SettingsProblem])
    /// None of this name.
    case unknown(mend: String)
}

/// The boards there are: those of the binary, and the files of a folder, which come first.
public struct BoardLibrary: Sendable {
    /// Where a cabinet's own boards are.
    public static let usualFolder = "/etc/armadio/boards"
    /// The board that stands in for one that is not known.
    public static let generic = "generic"
    /// What a board's file may hold at most: 64 KiB, several times the largest here.
    public static let fileBytes = 64 << 10

    /// The folder with the cabinet's own boards, which need not exist.
    public let folder: String

    /// The boards with those of a folder.
    public init(folder: String = usualFolder) {
        self.folder = folder
    }

    /// The names of all boards in their order, whether they are fit for use or not.
    public var names: [String] {
        Set(BoardFiles.all.map(\.key) + SettingsFolder.names(in: folder)).sorted()
    }

    /// The file of a board of one's own; nil if it is none, or part of the program.
    public func ownFile(of name: String) -> String? {
        let path = "\(folder)/\(name).yaml"
        return SettingsFile.isName(name) && access(path, F_OK) == 0 ? path : nil
    }

    /// Looks a board up and checks it.
    public func find(_ name: String) -> BoardLookup {
        if let path = ownFile(of: name) {
            return Self.check(
                SettingsFile(path: path, limit: Self.fileBytes, beginning: "board: \(name)"),
                named: name)
        }
        guard let bytes = BoardFiles.bytes(of: name) else {
            return .unknown(
                mend: Spelling.suggestion(for: name, among: names)
                    ?? "`armadio board list` shows them all; your own are in \(folder)")
        }
        return Self.check(SettingsFile(bytes: bytes, name: "board \(name)"), named: name)
    }

    /// Checks the board in a file.
    ///
    /// - Parameter name: What the board has to be called; any name unless given.
    public static func check(_ file: SettingsFile, named name: String? = nil) -> BoardLookup {
        let board = file.root?.decode(Board.self)
        if let board { BoardCheck(board: board, file: file, expectedName: name).run() }
        guard let board, file.problems.isEmpty else { return .broken(file.problems) }
        return .found(board)
    }

    /// The name of the board that a device tree is of; nil if none of them is.
    ///
    /// The tree's strings go from the board to its processor, so the first that a board knows is
    /// the one that says most. A board of one's own comes first; one with problems is passed over.
    public func detect(_ tree: DeviceTree) -> String? {
        let boards = names.compactMap { name -> Board? in
            guard case .found(let board) = find(name) else { return nil }
            return board
        }
        let ordered =
            boards.filter { ownFile(of: $0.name) != nil }
            + boards.filter { ownFile(of: $0.name) == nil }
        for string in tree.compatible {
            if let board = ordered.first(where: { $0.compatible.contains(string) }) {
                return board.name
            }
        }
        return nil
    }
}
