import Telemetry

/// A device profile: a file that lists what a kind of device offers, so that the configuration
/// need not.
public struct DeviceProfile: Sendable {
    /// What a profile's file may hold at most: 256 KiB, some two thousand points.
    public static let fileBytes = 256 << 10

    /// The file, with the list of its problems.
    public let file: SettingsFile
    /// Who the device is.
    public let settings: ProfileSettings
    /// The keys of a device, for its driver to decode, with a unit id that stands for any.
    public let device: SettingsNode

    /// The profile in a file, whose problems are to be looked at before it is used; nil if there
    /// is nothing to go on with.
    ///
    /// - Parameter name: What the profile has to be called.
    public init?(_ file: SettingsFile, named name: String? = nil) {
        guard let root = file.root, let value = root.value,
            let settings = root.decode(ProfileSettings.self)
        else { return nil }
        self.file = file
        self.settings = settings
        var tree = TreeGrowth(behind: value)
        let unit = YAMLEntry(
            key: "unit-id", keyPosition: value.start,
            value: tree.scalar("1", at: value.start))
        device = SettingsNode(
            path: [], value: value.with(entries: root.entries + [unit]), keyPosition: nil,
            report: root.report)
        ProfileCheck(profile: self, expectedName: name).run()
    }
}

/// Looks for what is well-formed in a profile but makes no sense.
private struct ProfileCheck {
    let profile: DeviceProfile
    let expectedName: String?

    func run() {
        let settings = profile.settings
        if !SettingsFile.isName(settings.profile) {
            profile.file.badName(["profile"], settings.profile, isKey: false)
        } else if let expectedName, settings.profile != expectedName {
            report(
                ["profile"], "the profile calls itself `\(settings.profile)`",
                "write `\(expectedName)`, or rename the file to \(settings.profile).yaml")
        }
        if let unit = profile.file.root?["unit-id"] {
            unit.report("a unit id is a cabinet's business", mend: "remove it")
        }
        for (index, mark) in settings.identify.enumerated() { check(mark, index) }
        profile.file.check(settings.points, at: [])
    }

    private func check(_ mark: ProfileSettings.Mark, _ index: Int) {
        let path = ["identify", String(index)]
        if (mark.holding == nil) == (mark.input == nil) {
            report(path, "a mark is one register", "write `holding: ADDRESS` or `input: ADDRESS`")
        }
        if (mark.equals == nil) == (mark.oneOf ?? []).isEmpty {
            report(path, "a mark shows a value", "write `equals: 71` or `one-of: [71, 72]`")
        }
    }

    private func report(_ path: [String], _ what: String, _ mend: String) {
        profile.file.report(path, what, mend)
    }
}
