import ArgumentParser
import Console
import Drivers
import Glibc
import Platform
import Settings

/// `armadio profile import`
struct ProfileImport: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Make profiles of Wiren Board's device templates.",
        discussion: """
            Takes the JSON templates of wb-mqtt-serial. What a profile cannot have is listed on \
            standard error, channel by channel. Without --to the profile is printed. A profile \
            that is there already is not replaced. Exits with 1 if a template is refused.

            Examples:
              armadio profile import config-meter.json
              armadio profile import config-*.json --to profiles
            """)

    @Argument(
        help: ArgumentHelp("The templates.", valueName: "file"), completion: .file())
    var files: [String]
    @Option(help: ArgumentHelp("Where the profiles are put, one file each.", valueName: "folder"))
    var to: String?
    @Flag(help: "Take channels too that the template switches off.")
    var all = false

    func validate() throws {
        guard files.count == 1 || to != nil else {
            throw ValidationError("several templates need a folder: --to FOLDER")
        }
    }

    func run() throws {
        var refused = 0
        for file in files where !take(file) { refused += 1 }
        if files.count > 1 {
            complainPlainly("\(files.count - refused) of \(files.count) templates imported")
        }
        if refused > 0 { throw Exit.failed }
    }

    /// Imports one template; false if it is refused, which is then said.
    private func take(_ file: String) -> Bool {
        do throws(FileTrouble) {
            let bytes = try FileBytes(path: file, limit: TemplateLimits.fileBytes).bytes
            return take(bytes, of: file)
        } catch {
            complainPlainly(
                "\(file): \(error.what)" + (error.mend.isEmpty ? "" : "; \(error.mend)"))
            return false
        }
    }

    private func take(_ bytes: [UInt8], of file: String) -> Bool {
        do throws(TemplateFlaw) {
            let name = file.split(separator: "/").last.map(String.init) ?? file
            let profile = try WirenBoardImport(bytes, file: name, takesAll: all)
            for note in profile.notes { complainPlainly("\(file): \(note)") }
            return keep(profile, of: file)
        } catch {
            complainPlainly("\(file):" + (error.place == nil ? " " : "") + "\(error)")
            return false
        }
    }

    private func keep(_ profile: WirenBoardImport, of file: String) -> Bool {
        guard let to else {
            write(profile.text)
            return true
        }
        let path = to + "/" + profile.name + ".yaml"
        do throws(SystemError) {
            try Self.create(path, profile.text)
            say("\(path): \(profile.pointCount) points")
            return true
        } catch {
            let mend = error.errno == EEXIST ? "; remove it first, or name another folder" : ""
            complainPlainly("\(file): \(path): \(error.reason)\(mend)")
            return false
        }
    }

    /// Writes a new file; one that is not complete is removed.
    private static func create(_ path: String, _ text: String) throws(SystemError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw SystemError("open", path) }
        defer { close(descriptor) }
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                let error = SystemError("write", path)
                unlink(path)
                throw error
            }
            rest.removeFirst(count)
        }
    }
}
