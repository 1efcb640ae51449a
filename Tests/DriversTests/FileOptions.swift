import Settings

@testable import Drivers

/// A device's options as a technician writes them.
struct FileOptions: OptionsSource {
    let file: SettingsFile
    var device = "weather"

    func decode<Options: Decodable & Sendable>(_ type: Options.Type) -> Options? {
        file.root?.decode(type)
    }

    func report(path: [String], _ what: String, mend: String) {
        file.report(SettingsProblem(path: path, what: what, mend: mend))
    }
}
