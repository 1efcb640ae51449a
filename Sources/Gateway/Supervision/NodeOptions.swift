import Boards
import Buses
import Drivers
import Settings

/// A device's node as its driver's options.
struct NodeOptions: OptionsSource {
    let node: SettingsNode
    let file: SettingsFile
    let board: Board?

    var device: String { node.path.last ?? "" }

    func decode<Options: Decodable & Sendable>(_ type: Options.Type) -> Options? {
        node.decode(type)
    }

    func report(path: [String], _ what: String, mend: String) {
        file.report(SettingsProblem(path: node.path + path, what: what, mend: mend))
    }

    func line(named name: String) -> GPIOLine.Address? { board?.line(named: name) }
}
