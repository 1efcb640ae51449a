import Glibc
import Journal

/// Small files that are replaced whole, so that each is the old one or the new one, whatever
/// happens: written beside, synced, renamed, its folder synced.
struct DurableFiles {
    typealias Failure = ConfigurationStore.Failure

    let disk: any FileSystem
    /// Gives the second file the first one's owner and mode.
    var adopt: (String, String) -> Void = { _, _ in }
    /// Holds a folder for this program alone; nil on a disk that no other program has.
    var hold: (String) throws(Failure) -> FolderLock? = { _ in nil }
    /// Whether another program holds a folder now.
    var isHeld: (String) -> Bool = { _ in false }

    /// Keeps other programs of this kind from replacing a file until the lock is released: what
    /// was read is still there when it is replaced.
    func lock(_ path: String) throws(Failure) -> FolderLock? {
        try hold(Self.parent(of: path))
    }

    /// Replaces a file; `model` is the one whose owner and mode it gets.
    func replace(
        _ path: String, with bytes: [UInt8], like model: String? = nil
    ) throws(Failure) {
        try attempt { () throws(FileError) in
            let fresh = path + ".new"
            try removeLeftover(fresh)
            let file = try disk.open(fresh, create: true)
            try file.truncate(to: 0)
            try file.writeAll(bytes, at: 0)
            if let model { adopt(model, fresh) }
            try file.sync()
            try disk.rename(fresh, to: path)
            try disk.syncDirectory(Self.parent(of: path))
        }
    }

    /// Another user's, whom a power cut has stopped here, could not be written to.
    private func removeLeftover(_ path: String) throws(FileError) {
        do throws(FileError) {
            try disk.remove(path)
        } catch {
            guard error.errno == ENOENT else { throw error }
        }
    }

    /// The bytes of a file; nil if there is none.
    func read(_ path: String, limit: Int) throws(Failure) -> [UInt8]? {
        do throws(FileError) {
            guard let file = try disk.openIfThere(path) else { return nil }
            let size = try file.size()
            guard size <= limit else { throw FileError("read", path, errno: EFBIG) }
            return try file.readAll(count: size, at: 0)
        } catch {
            throw Failure(description: error.description)
        }
    }

    /// Makes a folder whose parent is there.
    func makeFolder(_ path: String) throws(Failure) {
        try attempt { () throws(FileError) in
            try disk.createDirectory(path)
            try disk.syncDirectory(Self.parent(of: path))
        }
    }

    private func attempt(_ body: () throws(FileError) -> Void) throws(Failure) {
        do throws(FileError) {
            try body()
        } catch {
            throw Failure(description: error.description)
        }
    }

    private static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// The file keeps its mode and, where this user may give it, its owner and group.
    static func adoptOwner(of model: String, for file: String) {
        var status = stat()
        guard stat(model, &status) == 0 else { return }
        if chown(file, status.st_uid, status.st_gid) != 0 { chown(file, .max, status.st_gid) }
        chmod(file, status.st_mode & 0o7777)
    }
}

/// A folder that one program holds (flock(2)); the kernel lets go of it when the program ends. The
/// folder itself is locked, for a file that is replaced by another cannot be.
final class FolderLock {
    /// How long another program is waited for: it needs milliseconds.
    private static let patience = Duration.seconds(5)
    private static let stepMicroseconds: UInt32 = 10_000

    private var descriptor: Int32

    private init(descriptor: Int32) { self.descriptor = descriptor }

    deinit { release() }

    /// Whether another program holds it; not if there is no such folder.
    static func isHeld(_ folder: String) -> Bool {
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK
    }

    /// Waits until nobody else holds it.
    static func hold(_ folder: String) throws(DurableFiles.Failure) -> FolderLock {
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw DurableFiles.Failure(description: "\(FileError("open", folder))")
        }
        let deadline = ContinuousClock.now + patience
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            let failure = FileError("flock", folder)
            guard failure.errno == EWOULDBLOCK || failure.errno == EINTR,
                ContinuousClock.now < deadline
            else {
                close(descriptor)
                throw DurableFiles.Failure(description: "\(failure); another program holds it")
            }
            usleep(stepMicroseconds)
        }
        return FolderLock(descriptor: descriptor)
    }

    func release() {
        if descriptor >= 0 { close(descriptor) }
        descriptor = -1
    }
}
