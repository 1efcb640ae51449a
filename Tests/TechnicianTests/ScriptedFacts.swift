import Glibc
import Platform
import Technician
import Telemetry

/// A machine as a test wants it.
struct ScriptedFacts: SystemFacts {
    /// Texts of files by their paths. Their folders are there, too.
    var texts: [String: String] = [:]
    /// Owners and modes; a text's without an entry is root's, mode 644.
    var files: [String: FileFacts] = [:]
    /// Where links lead.
    var links: [String: String] = [:]
    /// Paths that may not be looked at.
    var forbidden: Set<String> = []
    var room = SpaceFacts(freeBytes: 4 << 30, bytes: 8 << 30, freeFiles: 10_000, files: 20_000)
    var asker = UserFacts(id: 0, groups: [0])
    var clock: ClockAnchor = ScriptedFacts.clock(at: "2026-11-27T00:00:00Z")
    var processors = 4
    var kernel = "6.12.34"

    static func clock(
        at time: String, _ quality: ClockQuality = .synchronized
    ) -> ClockAnchor {
        ClockAnchor(
            boot: BootID(high: 1, low: 1), instant: Instant(nanoseconds: 0),
            wall: WallTime(time) ?? WallTime(nanosecondsSince1970: 0), quality: quality,
            source: quality == .synchronized ? .chrony : .none)
    }

    /// A character device.
    mutating func addDevice(_ path: String, mode: mode_t = 0o660, group: gid_t = 0) {
        files[path] = FileFacts(mode: S_IFCHR | mode, owner: 0, group: group)
    }

    mutating func addFile(
        _ path: String, mode: mode_t = 0o644, owner: uid_t = 0, group: gid_t = 0,
        _ text: String = ""
    ) {
        texts[path] = text
        files[path] = FileFacts(mode: S_IFREG | mode, owner: owner, group: group)
    }

    func bytes(of path: String, limit: Int) throws(SystemError) -> [UInt8] {
        try check(path)
        guard let text = texts[path] else { throw SystemError("open", path, errno: ENOENT) }
        return Array(text.utf8)
    }

    func names(in folder: String) throws(SystemError) -> [String] {
        try check(folder)
        let names = paths.filter { $0.hasPrefix(folder + "/") }.compactMap {
            $0.dropFirst(folder.count + 1).split(separator: "/").first.map(String.init)
        }
        guard !names.isEmpty else { throw SystemError("open", folder, errno: ENOENT) }
        return Set(names).sorted()
    }

    func file(_ path: String) throws(SystemError) -> FileFacts {
        try check(path)
        if let file = files[path] { return file }
        if texts[path] != nil { return FileFacts(mode: S_IFREG | 0o644, owner: 0, group: 0) }
        guard path == "/" || paths.contains(where: { $0.hasPrefix(path + "/") }) else {
            throw SystemError("stat", path, errno: ENOENT)
        }
        return FileFacts(mode: S_IFDIR | 0o755, owner: 0, group: 0)
    }

    func resolved(_ path: String) throws(SystemError) -> String {
        try check(path)
        if let link = links[path] { return link }
        _ = try file(path)
        return path
    }

    func space(at path: String) throws(SystemError) -> SpaceFacts {
        try check(path)
        return room
    }

    private var paths: Set<String> { Set(texts.keys).union(files.keys).union(links.keys) }

    private func check(_ path: String) throws(SystemError) {
        if forbidden.contains(path) { throw SystemError("open", path, errno: EACCES) }
    }
}
