import ArgumentParser
import Settings
import Technician

/// `armadio set`: other values in the configuration.
struct SetCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set", abstract: "Change values of the configuration.",
        discussion: """
            What is named is a device, a bus, an uplink, a point as DEVICE/POINT, or keys with \
            dots between them; `device`, `bus`, `point` or `uplink` before the name says which. \
            The file is edited in place and keeps its comments and order; it \
            is checked as a whole first, and written only if it has no problems.

            Examples:
              armadio set meter-1/voltage interval=5s
              armadio set meter-1 unit-id=2 interval=10s
              armadio set telemetry.interval 60s
              armadio set uplink.window 20 --dry-run
            """)

    @Argument(help: ArgumentHelp("What to change.", valueName: "what"))
    var target: String
    @Argument(help: ArgumentHelp("Its new keys, or the value itself.", valueName: "key=value"))
    var values: [String]
    @OptionGroup var options: EditOptions

    func run() throws {
        var edit = try ConfigurationEdit(options)
        let root = edit.root
        let meant = try understood { () throws(Assignment.Flaw) in try changes(root) }
        for (path, yaml) in meant {
            try edit.edit { (editor) throws(SettingsProblem) in try editor.set(path, to: yaml) }
        }
        try edit.finish()
    }

    private func changes(
        _ root: SettingsNode?
    ) throws(Assignment.Flaw) -> [(path: [String], yaml: String)] {
        let (path, values) = try subject(root)
        if let absence = EditTarget.absence(of: path, in: root) { throw absence }
        let node = path.reduce(root) { $0?[$1] }
        // A value with an equals sign in it is one if what is named has a value and no keys.
        if values.count == 1, node?.text != nil || !values[0].contains("=") {
            let key = path.last ?? target
            let isText = !values[0].hasPrefix("{") && !values[0].hasPrefix("[")
            if isText, node?.keys.isEmpty == false {
                throw Assignment.Flaw(
                    description: "`\(key)` is a group; write KEY=VALUE, such as interval=5s")
            }
            return [(path, try Assignment(key: key, value: values[0]).yaml)]
        }
        var changes: [(path: [String], yaml: String)] = []
        for value in values {
            let assignment = try Assignment(value)
            changes.append((path + assignment.path, assignment.yaml))
        }
        return changes
    }

    /// What is changed, and the words behind it.
    private func subject(
        _ root: SettingsNode?
    ) throws(Assignment.Flaw) -> (path: [String], values: [String]) {
        guard values.count > 1, !values[0].contains("="),
            let kind = EditTarget.Kind(rawValue: target)
        else { return (try EditTarget.path(target, in: root), values) }
        return (try kind.path(values[0], in: root), Array(values.dropFirst()))
    }
}
