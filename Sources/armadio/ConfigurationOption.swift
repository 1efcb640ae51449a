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
        help: ArgumentHelp("The configuration file.", valueName: "file"),
        completion: .file(extensions: ["yaml", "yml"]))
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
            // A person sees the lines; a program gets one line a problem.
            if isatty(STDERR_FILENO) == 1, !file.bytes.isEmpty {
                complain(error.problems, in: file)
            } else {
                complain(error.problems)
            }
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

    /// What is possible and yet a mistake more often than not, in the order of its places.
    static func remarks(about file: SettingsFile) -> [SettingsProblem] {
        let board: Boards.Board?
        do throws(SettingsProblems) {
            board = try self.board(of: file)
        } catch {
            board = nil
        }
        let devices = file.root?["devices"]
        var remarks = file.remarks
        for device in devices?.keys ?? [] where devices?[device]?["driver"]?.text == "gpio" {
            let points = devices?[device]?["points"]
            for point in points?.keys ?? [] {
                guard let line = points?[point]?["line"], let text = line.text,
                    let doubt = board?.doubt(of: text)
                else { continue }
                remarks.append(
                    SettingsProblem(
                        path: line.path, what: doubt.what, mend: doubt.mend,
                        location: file.locate(line.path)))
            }
        }
        return remarks.sorted {
            ($0.location?.position ?? .start) < ($1.location?.position ?? .start)
        }
    }

    /// Where the control socket is, whatever else is wrong with the file: a gateway that was
    /// started before somebody spoilt it is still asked by this.
    func controlSocket() -> String {
        let file = SettingsFile(path: path)
        if file.root == nil { complain(file.problems) }
        return file.controlSocket
    }

    /// Where the journal is, likewise.
    func journalDirectory() -> String {
        SettingsFile(path: path).journalDirectory
    }

    /// Complains with the line that each problem is in: for a text that is not in the file, or for
    /// a person.
    func complain(_ problems: [SettingsProblem], in file: SettingsFile) {
        let lines = String(decoding: file.bytes, as: UTF8.self)
            .split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        for problem in problems {
            complainPlainly(problem.description)
            guard let position = problem.location?.position, problem.location?.file == file.name,
                lines.indices.contains(position.line - 1)
            else { continue }
            let number = String(position.line)
            let margin = String(repeating: " ", count: number.count)
            // A tab before the place moves the mark as far as it moves the text.
            let lead = lines[position.line - 1].unicodeScalars.prefix(position.column - 1)
                .map { $0 == "\t" ? "\t" : " " }.joined()
            complainPlainly(" \(number) | \(lines[position.line - 1])")
            complainPlainly(" \(margin) | \(lead)^")
        }
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
        help: ArgumentHelp("The folder with your own device profiles.", valueName: "folder"),
        completion: .directory)
    var folder = ProfileLibrary.usualFolder

    var library: ProfileLibrary { ProfileLibrary(folder: folder) }
}
