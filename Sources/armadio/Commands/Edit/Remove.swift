import ArgumentParser
import Console
import Settings
import Technician

/// `armadio remove`: something out of the configuration.
struct Remove: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Remove something from the configuration.",
        discussion: """
            What is named is a device, a bus, an uplink, a point as DEVICE/POINT, or keys with \
            dots between them; `device`, `bus`, `point` or `uplink` before the name says which. \
            The comment directly above goes too.

            Examples:
              armadio remove device relay-1
              armadio remove meter-1/energy
              armadio remove uplink.batch --dry-run
            """)

    @Argument(help: ArgumentHelp("What to remove.", valueName: "what"))
    var words: [String]
    @OptionGroup var options: EditOptions

    func validate() throws {
        let isKind = words.count == 2 && EditTarget.Kind(rawValue: words[0]) != nil
        guard words.count == 1 || isKind else {
            throw ValidationError(
                "name one thing: DEVICE/POINT, a path, or device, bus, point or uplink and a name")
        }
    }

    func run() throws {
        var edit = try ConfigurationEdit(options)
        let root = edit.root
        let path = try understood { () throws(Assignment.Flaw) in
            guard words.count == 2, let kind = EditTarget.Kind(rawValue: words[0]) else {
                return try EditTarget.path(words[0], in: root)
            }
            return try kind.path(words[1], in: root)
        }
        if let use = EditTarget.use(of: path, in: root) {
            complain("\(use)")
            throw Exit.failed
        }
        try edit.edit { (editor) throws(SettingsProblem) in try editor.remove(path) }
        try edit.finish()
    }
}

/// What the words of a command line mean; complains if they mean nothing.
func understood<Meaning>(_ body: () throws(Assignment.Flaw) -> Meaning) throws -> Meaning {
    do throws(Assignment.Flaw) {
        return try body()
    } catch {
        complain("\(error)")
        throw Exit.failed
    }
}
