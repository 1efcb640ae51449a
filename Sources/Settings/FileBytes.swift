import Glibc

/// Why a file could not be read, in words that follow its name.
public struct FileTrouble: Error {
    public var what: String
    public var mend: String
}

/// The bytes of one file of bounded size, with what its owner lets others do.
public struct FileBytes {
    public let bytes: [UInt8]
    /// The permission bits of the opened file.
    let mode: mode_t

    /// Reads a regular file of at most `limit` bytes (one more is read, so that the caller sees
    /// that there is more). A FIFO or device is refused and not waited for.
    public init(path: String, limit: Int) throws(FileTrouble) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
        guard descriptor >= 0 else { throw Self.trouble(errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw Self.trouble(errno) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw FileTrouble(what: "is not a file", mend: "name a file")
        }
        mode = status.st_mode
        bytes = try Self.read(descriptor, upTo: limit + 1)
    }

    private static func read(_ descriptor: Int32, upTo limit: Int) throws(FileTrouble) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: min(limit, 64 << 10))
        while bytes.count < limit {
            let count = Glibc.read(descriptor, &chunk, min(chunk.count, limit - bytes.count))
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw trouble(errno) }
            if count == 0 { break }
            bytes += chunk.prefix(count)
        }
        return bytes
    }

    private static func trouble(_ code: Int32) -> FileTrouble {
        switch code {
        case ENOENT: FileTrouble(what: "does not exist", mend: "check the name")
        case EACCES:
            FileTrouble(
                what: "may not be read by this user", mend: "check its owner and mode, or use sudo")
        default:
            FileTrouble(what: "cannot be read: " + String(cString: strerror(code)), mend: "")
        }
    }
}
