import ArgumentParser
import Boards
import Console
import Gateway
import Glibc
import Settings
import Telemetry

/// The option that every command has that reads the configuration.
struct ConfigurationOption: ParsableArguments {
    static let usualPath = "/etc/armadio/cabinet.yaml"

    @Option(
        name: [.customShort("c"), .customLong("config")],
        help: ArgumentHelp("The configuration file.", valueName: "file"))
    var path = Self.usualPath
    @OptionGroup var profiles: ProfilesOption

    /// The plan, or the problems on standard error and exit code 2.
    func load(_ points: PointTable) throws -> CabinetPlan {
        try load(SettingsFile(path: path), points)
    }

    /// The same of a text that was read.
    func load(_ file: SettingsFile, _ points: PointTable) throws -> CabinetPlan {
        do throws(SettingsProblems) {
            return try check(file, points)
        } catch {
            complain(error.problems)
            throw Exit.badConfiguration
        }
    }

    /// How a text is understood here.
    var check: ConfigurationSource.Check {
        let profiles = profiles.library
        return { (file, points) throws(SettingsProblems) in
            try CabinetPlan.load(
                file, points: points, profiles: profiles, board: try Self.board(of: file))
        }
    }

    /// The board that the configuration names, or else the one that this machine is.
    private static func board(of file: SettingsFile) throws(SettingsProblems) -> Boards.Board? {
        let library = BoardLibrary()
        let named = file.root?["board"]?.text
        guard let name = named ?? library.detect(DeviceTree()) else { return nil }
        switch library.find(name) {
        case .found(let board): return board
        case .broken(let problems): throw SettingsProblems(problems)
        case .unknown(let mend):
            file.report(
                SettingsProblem(
                    path: ["board"], what: "there is no board `\(name.prefix(80))`", mend: mend))
            throw SettingsProblems(file.problems)
        }
    }

    /// Where the control socket is, whatever else is wrong with the file: a gateway that was
    /// started before somebody spoilt it is still asked by this.
    func controlSocket() -> String {
        let file = SettingsFile(path: path)
        if file.root == nil { complain(file.problems) }
        return file.root?["control"]?["socket"]?.text ?? ControlSettings().socket
    }

    func complain(_ problems: [SettingsProblem]) {
        for problem in problems { complainPlainly(problem.description) }
        if path == Self.usualPath, access(path, F_OK) != 0 {
            Console.complain("name another file with --config; `armadio demo` needs none")
        }
    }
}

/// The option of every command that uses device profiles.
struct ProfilesOption: ParsableArguments {
    @Option(
        name: .customLong("profiles"),
        help: ArgumentHelp("The folder with your own device profiles.", valueName: "folder"))
    var folder = ProfileLibrary.usualFolder

    var library: ProfileLibrary { ProfileLibrary(folder: folder) }
}
