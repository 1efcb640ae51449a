import Glibc

/// The machine's own file system.
public struct PosixFileSystem: FileSystem {
    /// Whether nothing may be changed: what would change something fails with EROFS.
    public let isReadOnly: Bool

    /// The machine's own file system.
    public init(isReadOnly: Bool = false) {
        self.isReadOnly = isReadOnly
    }

    private func checkWritable(_ call: String, _ path: String) throws(FileError) {
        if isReadOnly { throw FileError(call, path, errno: EROFS) }
    }

    @discardableResult
    public func createDirectory(_ path: String) throws(FileError) -> Bool {
        try checkWritable("mkdir", path)
        if mkdir(path, 0o750) == 0 { return true }
        if errno == EEXIST { return false }
        guard errno == ENOENT, let end = path.lastIndex(of: "/"), end > path.startIndex else {
            throw FileError("mkdir", path)
        }
        let parent = String(path[..<end])
        try createDirectory(parent)
        let isMade = mkdir(path, 0o750) == 0
        guard isMade || errno == EEXIST else { throw FileError("mkdir", path) }
        try syncDirectory(parent)
        return isMade
    }

    public func list(_ directory: String) throws(FileError) -> [String] {
        guard let stream = opendir(directory) else { throw FileError("opendir", directory) }
        defer { closedir(stream) }
        var names: [String] = []
        errno = 0
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { names.append(name) }
            errno = 0
        }
        guard errno == 0 else { throw FileError("readdir", directory) }
        return names
    }

    public func open(_ path: String, create: Bool) throws(FileError) -> any JournalFile {
        let flags = isReadOnly ? O_RDONLY : O_RDWR | (create ? O_CREAT : 0)
        var descriptor = Glibc.open(path, flags | O_CLOEXEC, 0o640)
        if descriptor < 0, errno == EROFS || errno == EACCES {
            // What can be read at the least is sent: an error may have made the disk read-only.
            descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        }
        guard descriptor >= 0 else { throw FileError("open", path) }
        return PosixFile(descriptor: descriptor, path: path)
    }

    public func remove(_ path: String) throws(FileError) {
        try checkWritable("unlink", path)
        guard unlink(path) == 0 else { throw FileError("unlink", path) }
    }

    public func rename(_ path: String, to other: String) throws(FileError) {
        try checkWritable("rename", path)
        guard Glibc.rename(path, other) == 0 else { throw FileError("rename", path) }
    }

    public func syncDirectory(_ path: String) throws(FileError) {
        try checkWritable("fsync", path)
        let descriptor = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError("open", path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw FileError("fsync", path) }
    }
}

/// A descriptor that closes itself.
private final class PosixFile: JournalFile {
    let path: String
    private let descriptor: Int32

    init(descriptor: Int32, path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    deinit { close(descriptor) }

    func size() throws(FileError) -> Int {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw FileError("fstat", path) }
        return Int(status.st_size)
    }

    func read(count: Int, at offset: Int) throws(FileError) -> [UInt8] {
        var answered = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            answered = pread(descriptor, buffer.baseAddress, count, offset)
            initialized = max(answered, 0)
        }
        guard answered >= 0 else { throw FileError("pread", path) }
        return bytes
    }

    func write(_ bytes: ArraySlice<UInt8>, at offset: Int) throws(FileError) -> Int {
        let count = bytes.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, offset) }
        guard count >= 0 else { throw FileError("pwrite", path) }
        return count
    }

    func sync() throws(FileError) {
        guard fdatasync(descriptor) == 0 else { throw FileError("fdatasync", path) }
    }

    func truncate(to size: Int) throws(FileError) {
        guard ftruncate(descriptor, size) == 0 else { throw FileError("ftruncate", path) }
    }

    func lock() throws(FileError) -> Bool {
        if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return true }
        guard errno == EWOULDBLOCK else { throw FileError("flock", path) }
        return false
    }
}
