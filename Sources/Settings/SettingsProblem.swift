/// Something in the configuration that keeps it from being used.
public struct SettingsProblem: Error, Hashable, Sendable, CustomStringConvertible {
    /// The keys that lead to it, such as `["devices", "meter-1", "bus"]`; a list's items count
    /// from "0".
    public var path: [String]
    /// What is wrong.
    public var what: String
    /// How to mend it; may be empty.
    public var mend: String
    /// Where it stands; nil until the file it belongs to has located it.
    public var location: SettingsLocation?

    /// A problem at a path; `SettingsFile.report` gives it its place.
    public init(
        path: [String], what: String, mend: String = "", location: SettingsLocation? = nil
    ) {
        self.path = path
        self.what = what
        self.mend = mend
        self.location = location
    }

    /// `file:line:column: what; how to mend`
    public var description: String {
        let text = mend.isEmpty ? what : what + "; " + mend
        return location.map { "\($0): " + text } ?? text
    }
}

/// A place in a file.
public struct SettingsLocation: Hashable, Sendable, CustomStringConvertible {
    /// The file's name as it was given.
    public var file: String
    /// The place in it.
    public var position: TextPosition

    public var description: String { "\(file):\(position)" }
}
