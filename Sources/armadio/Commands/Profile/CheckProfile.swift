import ArgumentParser
import Console
import Gateway
import Settings

/// `armadio profile check`
struct ProfileCheck: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Check device profiles.",
        discussion: """
            Prints every problem as file:line:column: what; how to mend. Exits with 2 if there are \
            any.

            Examples:
              armadio profile check acme-meter.yaml
              armadio profile check /etc/armadio/profiles/*.yaml
            """)

    @Argument(
        help: ArgumentHelp("The profiles' files.", valueName: "file"), completion: .file())
    var files: [String]

    func run() throws {
        var isSound = true
        for file in files {
            // The name of the file without its folder and `.yaml` is what the profile must be
            // called, or nobody would find it.
            let last = file.split(separator: "/").last.map(String.init) ?? file
            let name = last.hasSuffix(".yaml") ? String(last.dropLast(5)) : nil
            switch ProfileLibrary.check(file, named: name) {
            case .found(let profile):
                let count = profile.settings.points.entries.count
                say("\(file): fit for use: \(count) \(count == 1 ? "point" : "points")")
            case .broken(let problems):
                isSound = false
                for problem in problems { complainPlainly(problem.description) }
            case .unknown: break
            }
        }
        if !isSound { throw Exit.badConfiguration }
    }
}
