import ArgumentParser
import Boards
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
        do {
            return try CabinetPlan.load(
                SettingsFile(path: path), points: points, profiles: profiles.library,
                board: try board())
        } catch let error as SettingsProblems {
            complain(error.problems)
            throw Exit.badConfiguration
        }
    }

    /// The board that the configuration names, or else the one that this machine is.
    private func board() throws -> Boards.Board? {
        let library = BoardLibrary()
        let named = SettingsFile(path: path).root?["board"]?.text
        guard let name = named ?? library.detect(DeviceTree()) else { return nil }
        switch library.find(name) {
        case .found(let board): return board
        case .broken(let problems):
            complain(problems)
            throw Exit.badConfiguration
        case .unknown(let mend):
            armadio.complain("\(path): there is no board `\(name)`; \(mend)")
            throw Exit.badConfiguration
        }
    }

    /// Where the control socket is, whatever else is wrong with the file: a gateway that was
    /// started before somebody spoilt it is still asked by this.
    func controlSocket() -> String {
        let file = SettingsFile(path: path)
        if file.root == nil { complain(file.problems) }
        return file.root?["control"]?["socket"]?.text ?? ControlSettings().socket
    }

    private func complain(_ problems: [SettingsProblem]) {
        for problem in problems { complainPlainly(problem.description) }
        if path == Self.usualPath, access(path, F_OK) != 0 {
            armadio.complain("name another file with --config; `armadio demo` needs none")
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
