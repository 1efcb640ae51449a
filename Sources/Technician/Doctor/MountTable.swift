import Telemetry

/// A mounted file system (proc_pid_mountinfo(5)).
struct Mount: Hashable {
    /// Where it is mounted.
    var place: String
    /// Its type, such as `ext4`.
    var type: String
    /// The options of the mount and of the file system.
    var options: Set<String>
    /// The device's numbers as `MAJOR:MINOR`.
    var device: String
    /// What is mounted, such as `/dev/mmcblk0p2`.
    var source: String

    /// A line of /proc/self/mountinfo; nil if it is none.
    init?(line: Substring) {
        let fields = line.split(separator: " ").map(String.init)
        guard let dash = fields.firstIndex(of: "-"), dash >= 6, fields.count >= dash + 4 else {
            return nil
        }
        (device, place) = (fields[2], Self.plain(fields[4]))
        (type, source) = (fields[dash + 1], fields[dash + 2])
        options = Set((fields[5] + "," + fields[dash + 3]).split(separator: ",").map(String.init))
    }

    /// Blanks in a path are written as octal numbers.
    private static func plain(_ path: String) -> String {
        let blanks: [(String, String)] = [("\\040", " "), ("\\011", "\t"), ("\\134", "\\")]
        return blanks.reduce(path) { text, pair in text.replacing(pair.0, with: pair.1) }
    }

    /// The file system that a path is on: of those whose place is above it the longest, and of
    /// several on one place the last.
    static func holding(_ path: String, in table: String) -> Mount? {
        var found: Mount?
        for line in table.split(separator: "\n") {
            guard let mount = Mount(line: line), mount.holds(path) else { continue }
            if mount.place.utf8.count >= found?.place.utf8.count ?? 0 { found = mount }
        }
        return found
    }

    private func holds(_ path: String) -> Bool {
        place == "/" || path == place || path.hasPrefix(place + "/")
    }
}
