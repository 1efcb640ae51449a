import Glibc
import Settings
import Telemetry
import Testing

/// Wrong configurations, each with all that `check` prints about it: `Mistakes/NAME.yaml` and
/// `Mistakes/NAME.expected`.
@Suite struct MistakesTests {
    @Test(arguments: Mistake.all)
    func saysWhereWhatAndHowToMend(_ mistake: Mistake) throws {
        let file = SettingsFile(bytes: try Bytes.of(mistake.path(".yaml")), name: "cabinet.yaml")
        let printed = Self.check(file) + "\n"
        let expected = String(decoding: try Bytes.of(mistake.path(".expected")), as: UTF8.self)
        #expect(printed == expected)
    }

    @Test func everyMistakeIsThere() {
        #expect(Mistake.all.count >= 60)
    }

    /// What the whole program finds: its own part, and that of a driver.
    static func check(_ file: SettingsFile) -> String {
        do {
            _ = try file.load { settings in
                for (name, device) in settings.devices.entries {
                    guard device.driver != "register-map" else {
                        _ = device.node.decode(MeterOptions.self)
                        continue
                    }
                    let near = Spelling.suggestion(for: device.driver, among: ["register-map"])
                    file.report(
                        SettingsProblem(
                            path: ["devices", name, "driver"],
                            what: "there is no driver `\(device.driver)`",
                            mend: near ?? "the drivers are: register-map"))
                }
            }
            return "no problem"
        } catch {
            return error.description
        }
    }
}

/// One wrong configuration.
struct Mistake: CustomTestStringConvertible, Sendable {
    let name: String

    static let folder =
        #filePath.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 }
        + "/Mistakes"

    var testDescription: String { name }

    func path(_ suffix: String) -> String { Self.folder + "/" + name + suffix }

    static var all: [Mistake] {
        guard let directory = opendir(folder) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name.hasSuffix(".yaml") { names.append(String(name.dropLast(5))) }
        }
        return names.sorted().map(Mistake.init)
    }
}

/// Reads test files.
enum Bytes {
    struct Missing: Error { let path: String }

    static func of(_ path: String) throws -> [UInt8] {
        guard let file = fopen(path, "r") else { throw Missing(path: path) }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while case let count = fread(&chunk, 1, chunk.count, file), count > 0 {
            bytes += chunk.prefix(count)
        }
        return bytes
    }
}
