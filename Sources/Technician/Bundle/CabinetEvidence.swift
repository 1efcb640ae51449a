import Boards
import Console
import Gateway
import Journal
import Settings
import Telemetry

/// What the cabinet says of itself: its configuration, and the gateway if it runs.
struct CabinetEvidence {
    let source: SupportBundle.Source
    let file: SettingsFile
    let secrets: ConfigurationSecrets

    func gather(into evidence: inout Evidence) {
        addConfiguration(to: &evidence)
        addProfiles(to: &evidence)
        addBoard(to: &evidence)
        evidence.add("gateway/status.json") {
            try json(try ControlClient.status(socket: source.socket))
        }
        evidence.add("gateway/journal.json") {
            try json(
                try JournalInspection(directory: file.journalDirectory, points: PointTable())
                    .summary())
        }
        for extra in source.extras {
            evidence.add(extra.name, keepsEnd: extra.keepsEnd, extra.text)
        }
    }

    /// Whether a person has written this: a secret that stands there may be in a log too.
    static func isWritten(_ name: String) -> Bool {
        name == "configuration/cabinet.yaml" || name.hasPrefix("profiles/") || name == "board.yaml"
    }

    private func addConfiguration(to evidence: inout Evidence) {
        let name = "configuration/cabinet.yaml"
        guard let text = SettingsFile.text(path: source.configuration) else {
            let reason = file.problems.map(\.description).first ?? "it cannot be read as a text"
            return evidence.gaps.append(BundleGap(name: name, reason: reason))
        }
        let clean = file.root == nil ? BrokenConfiguration.clean(text) : secrets.clean(text)
        evidence.entries.append(BundleEntry(name, clean))
        let problems = source.problems.map(\.description).joined(separator: "\n")
        evidence.entries.append(
            BundleEntry(
                "configuration/problems.txt", problems.isEmpty ? "none\n" : problems + "\n"))
        evidence.add("configuration/history.json") {
            try json(ConfigurationStore(path: source.configuration).history)
        }
    }

    /// Those that devices name, and nothing else of the folder.
    private func addProfiles(to evidence: inout Evidence) {
        let devices = file.root?["devices"]
        let names = Set((devices?.keys ?? []).compactMap { devices?[$0]?["profile"]?.text })
        for name in names.sorted() where SettingsFile.isName(name) {
            guard let text = source.profiles.text(of: name) else {
                evidence.gaps.append(
                    BundleGap(name: "profiles/\(name).yaml", reason: "there is none"))
                continue
            }
            evidence.entries.append(BundleEntry("profiles/\(name).yaml", text))
        }
    }

    private func addBoard(to evidence: inout Evidence) {
        let library = BoardLibrary()
        guard let name = file.root?["board"]?.text ?? library.detect(DeviceTree()) else {
            return evidence.gaps.append(
                BundleGap(name: "board", reason: "none is named, and none is known by its tree"))
        }
        guard let path = library.ownFile(of: name) else {
            return evidence.entries.append(
                BundleEntry("board.txt", "\(name), as the program has it\n"))
        }
        evidence.add("board.yaml") {
            guard let text = SettingsFile.text(path: path) else {
                throw BundleFailure("\(path) cannot be read as a text")
            }
            return text
        }
    }
}
