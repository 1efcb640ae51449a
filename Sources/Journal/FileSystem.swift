import Glibc

/// What stands between the journal and the disk. `PosixFileSystem` is the real one; tests put a
/// disk there that fails, tears and forgets.
///
/// Every operation is one system call and fails as it does: `read` and `write` may do less
/// than asked, and any may be interrupted. `JournalFile`'s extension does the whole.
public protocol FileSystem {
    /// mkdir(2), of the parents too; a directory that exists is no error. Answers whether it was
    /// made.
    @discardableResult
    func createDirectory(_ path: String) throws(FileError) -> Bool
    /// The names in a directory, without "." and "..", in no order.
    func list(_ directory: String) throws(FileError) -> [String]
    /// open(2) for reading and writing; creates the file if asked to and it is absent.
    func open(_ path: String, create: Bool) throws(FileError) -> any JournalFile
    /// unlink(2).
    func remove(_ path: String) throws(FileError)
    /// rename(2).
    func rename(_ path: String, to other: String) throws(FileError)
    /// fsync(2) of a directory: makes created, renamed and removed names durable.
    func syncDirectory(_ path: String) throws(FileError)
}

extension FileSystem {
    /// Opens a file; nil if it is not there. Who looks while a gateway runs may have found the name
    /// of a file that is gone by now: what was in it is settled.
    public func openIfThere(_ path: String) throws(FileError) -> (any JournalFile)? {
        do throws(FileError) {
            return try open(path, create: false)
        } catch {
            guard error.errno == ENOENT else { throw error }
            return nil
        }
    }
}

/// An open file. Closed when released.
public protocol JournalFile: AnyObject {
    /// The name it was opened by, for messages.
    var path: String { get }
    /// Its size in bytes.
    func size() throws(FileError) -> Int
    /// pread(2) of at most `count` bytes; fewer at the end of the file.
    func read(count: Int, at offset: Int) throws(FileError) -> [UInt8]
    /// pwrite(2); answers how many bytes were taken.
    func write(_ bytes: ArraySlice<UInt8>, at offset: Int) throws(FileError) -> Int
    /// fdatasync(2). A failure means that what was written since the last one may be lost even
    /// if a later call succeeds.
    func sync() throws(FileError)
    /// ftruncate(2).
    func truncate(to size: Int) throws(FileError)
    /// flock(2), exclusive, without waiting; false if another process holds it.
    func lock() throws(FileError) -> Bool
}

/// A system call on a file that failed.
public struct FileError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The call, as its manual page is named.
    public var call: String
    /// The file or directory.
    public var path: String
    /// The error number (errno(3)).
    public var errno: Int32

    /// A failed call; the error number is the thread's present one unless given.
    public init(_ call: String, _ path: String, errno: Int32 = Glibc.errno) {
        self.call = call
        self.path = path
        self.errno = errno
    }

    public var description: String { "\(call) \(path): " + String(cString: strerror(errno)) }
}

/// How often in a row an interrupted or empty-handed call is made again before it counts as
/// failed: a signal storm must not hold the journal for ever.
private let interruptionLimit = 100

extension JournalFile {
    /// Reads `count` bytes, fewer only at the end of the file.
    public func readAll(count: Int, at offset: Int) throws(FileError) -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            let at = offset + bytes.count
            let wanted = count - bytes.count
            let more = try uninterrupted { () throws(FileError) in
                try read(count: wanted, at: at)
            }
            guard !more.isEmpty else { break }
            if bytes.isEmpty { bytes = more } else { bytes += more }
        }
        return bytes
    }

    /// Writes all of the bytes.
    public func writeAll(_ bytes: [UInt8], at offset: Int) throws(FileError) {
        var done = 0
        while done < bytes.count {
            let rest = bytes[done...]
            let at = offset + done
            let count = try uninterrupted { () throws(FileError) in try write(rest, at: at) }
            guard count > 0 else { throw FileError("pwrite", path, errno: EIO) }
            done += count
        }
    }

    private func uninterrupted<T>(_ body: () throws(FileError) -> T) throws(FileError) -> T {
        for _ in 0..<interruptionLimit {
            do throws(FileError) {
                return try body()
            } catch {
                guard error.errno == EINTR else { throw error }
            }
        }
        throw FileError("interrupted", path, errno: EINTR)
    }
}
