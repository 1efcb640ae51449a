import ArgumentParser
import Console
import Gateway
import Glibc
import Platform
import Settings
import Technician
import Telemetry

/// The options of every command that edits the configuration.
struct EditOptions: ParsableArguments {
    @OptionGroup var file: ConfigurationOption
    @Flag(help: "Only show what would change.")
    var dryRun = false
    @Flag(help: "Bring the changed file into use at once, as `armadio config apply` does.")
    var apply = false
    @OptionGroup var trial: TrialOption

    func validate() throws {
        if trial.confirmWithin != nil, !apply {
            throw ValidationError("--confirm-within goes with --apply")
        }
        if apply, dryRun { throw ValidationError("--dry-run goes without --apply") }
    }
}

/// An edit of the configuration file: checked as a whole, shown, written at once or not at all.
struct ConfigurationEdit {
    private let options: EditOptions
    private let old: [UInt8]
    private var editor: ConfigurationEditor
    /// What stands in the file.
    let root: SettingsNode?

    /// Reads the file.
    init(_ options: EditOptions) throws {
        self.options = options
        let file = SettingsFile(path: options.file.path)
        // A file that could not be read has no bytes; an empty one may be begun.
        if file.bytes.isEmpty, access(options.file.path, R_OK) != 0 {
            options.file.complain(file.problems)
            throw Exit.badConfiguration
        }
        old = file.bytes
        root = file.root
        do throws(SettingsProblems) {
            editor = try ConfigurationEditor(text: old, name: options.file.path)
        } catch {
            options.file.complain(error.problems)
            throw Exit.badConfiguration
        }
    }

    /// One change; complains if it is refused.
    mutating func edit(
        _ body: (inout ConfigurationEditor) throws(SettingsProblem) -> Void
    ) throws {
        do throws(SettingsProblem) {
            try body(&editor)
        } catch {
            error.location == nil
                ? complain(error.description) : complainPlainly(error.description)
            throw Exit.failed
        }
    }

    /// A single uplink becomes the first of several.
    mutating func makeRoomForUplink() throws {
        guard root?["uplink"] != nil, root?["uplinks"] == nil else { return }
        try edit { (editor) throws(SettingsProblem) in
            try editor.nest(CabinetSettings.onlyUplink, in: "uplinks")
        }
    }

    /// Checks, shows and writes.
    func finish() throws {
        let file = SettingsFile(bytes: editor.text, name: options.file.path)
        do throws(SettingsProblems) {
            _ = try options.file.check(file, PointTable())
        } catch {
            options.file.complain(error.problems, in: file)
            complain("nothing was written: the file would have problems")
            throw Exit.badConfiguration
        }
        let path = options.file.path
        let diff = LineDiff(
            String(decoding: old, as: UTF8.self), String(decoding: editor.text, as: UTF8.self))
        guard editor.text != old else { return say("\(path): nothing to change") }
        say(diff.text((path, path + " (edited)"), isColourful: isColourful))
        let known = Set(
            ConfigurationOption.remarks(about: SettingsFile(bytes: old, name: path)).map(\.what))
        for remark in ConfigurationOption.remarks(about: file) where !known.contains(remark.what) {
            say("\(remark)")
        }
        guard !options.dryRun else { return }
        try write()
        if options.apply {
            try ConfigurationTrial(file: options.file, trial: options.trial).apply(editor.text)
        } else {
            say(isRunning ? "written; `armadio config apply` brings it into use" : Self.later)
        }
    }

    private static let later = "written; it is in use when the gateway starts"

    private var isRunning: Bool {
        do throws(ControlClient.Failure) {
            _ = try ControlClient.status(socket: options.file.quietControlSocket())
            return true
        } catch {
            return !error.isAbsence
        }
    }

    private func write() throws {
        do {
            try ConfigurationStore(path: options.file.path)
                .replaceFile(with: editor.text, insteadOf: old)
        } catch {
            complain("\(error)")
            throw Exit.failed
        }
    }
}
