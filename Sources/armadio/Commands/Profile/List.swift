import ArgumentParser
import Console
import Gateway
import Settings

/// `armadio profile list`
struct ProfileList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the device profiles there are.",
        discussion: """
            Your own profiles come before those that the program brings along. Exits with 1 if one \
            of yours has problems.

            Examples:
              armadio profile list
              armadio profile list --json
            """)

    @OptionGroup var profiles: ProfilesOption
    @Flag(help: "Print JSON.")
    var json = false

    private struct Row: Encodable {
        var name: String
        var title: String?
        var maker: String?
        var models: [String]
        var points: Int?
        /// The file; nil for one that is part of the program.
        var file: String?
        var isSound: Bool

        private enum CodingKeys: String, CodingKey {
            case name, title, maker, models, points, file
            case isSound = "sound"
        }
    }

    func run() throws {
        let library = profiles.library
        var problems: [SettingsProblem] = []
        let rows = library.names.map { row($0, library, &problems) }
        say(json ? try Console.json(rows) : text(rows))
        for problem in problems { complainPlainly(problem.description) }
        if !problems.isEmpty { throw Exit.failed }
    }

    private func row(
        _ name: String, _ library: ProfileLibrary, _ problems: inout [SettingsProblem]
    ) -> Row {
        var row = Row(name: name, models: [], isSound: false)
        if case .file(let path) = library.origin(of: name) { row.file = path }
        switch library.find(name) {
        case .broken(let found): problems += found
        case .unknown: break
        case .found(let profile):
            row.title = profile.settings.title
            row.maker = profile.settings.maker
            row.models = profile.settings.models
            row.points = profile.settings.points.entries.count
            row.isSound = true
        }
        return row
    }

    private func text(_ rows: [Row]) -> String {
        table(
            ["PROFILE", "POINTS", "MAKER", "DEVICE", "FROM"],
            rows.map { row in
                [
                    row.name, row.points.map { "\($0)" } ?? "-", row.maker ?? "",
                    row.isSound ? row.title ?? "" : "has problems", row.file ?? "armadio",
                ]
            })
    }
}
