import Glibc
import Platform
import Telemetry

/// What the machine itself says.
public struct LinuxFacts: SystemFacts {
    /// How many names of a folder are looked at: /dev has hundreds.
    private static let mostNames = 65_536

    /// The machine that this runs on.
    public init() {}

    public func bytes(of path: String, limit: Int) throws(SystemError) -> [UInt8] {
        // A pipe or a terminal in a file's place would be waited for.
        guard try file(path).mode & S_IFMT == S_IFREG else {
            throw SystemError("open", path, errno: EINVAL)
        }
        return try readSmallFileBytes(path, limit: limit)
    }

    public func names(in folder: String) throws(SystemError) -> [String] {
        guard let directory = opendir(folder) else { throw SystemError("open", folder) }
        defer { closedir(directory) }
        var names: [String] = []
        while names.count < Self.mostNames, let entry = readdir(directory) {
            let name = withUnsafePointer(to: entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    public func file(_ path: String) throws(SystemError) -> FileFacts {
        var status = stat()
        guard stat(path, &status) == 0 else { throw SystemError("stat", path) }
        return FileFacts(mode: status.st_mode, owner: status.st_uid, group: status.st_gid)
    }

    public func resolved(_ path: String) throws(SystemError) -> String {
        guard let real = realpath(path, nil) else { throw SystemError("realpath", path) }
        defer { free(real) }
        return String(cString: real)
    }

    public func space(at path: String) throws(SystemError) -> SpaceFacts {
        var system = statvfs()
        guard statvfs(path, &system) == 0 else { throw SystemError("statvfs", path) }
        let block = UInt64(system.f_frsize)
        return SpaceFacts(
            freeBytes: UInt64(system.f_bavail) * block, bytes: UInt64(system.f_blocks) * block,
            freeFiles: UInt64(system.f_favail), files: UInt64(system.f_files))
    }

    public var asker: UserFacts {
        let count = max(getgroups(0, nil), 0)
        var groups = [gid_t](repeating: 0, count: Int(count))
        let filled = getgroups(count, &groups)
        return UserFacts(
            id: geteuid(), groups: Set(groups.prefix(Int(max(filled, 0))) + [getegid()]))
    }

    public var clock: ClockAnchor { SystemClock().anchor() }

    public var processors: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

    public var kernel: String {
        var name = utsname()
        guard uname(&name) == 0 else { return "unknown" }
        return withUnsafeBytes(of: name.release) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
    }
}
