import Glibc
import Platform

/// What a program says that the wizard starts, a gateway for the time of its proof or systemctl: kept
/// in a file that has lost its name, so it is gone with its owner however that ends. (Not O_TMPFILE,
/// which not every file system has.)
struct KeptOutput: ~Copyable {
    /// How much of it is shown, in bytes from the end.
    private static let tailBytes = 2000

    let descriptor: Int32

    init() throws(SystemError) {
        var path = Array("/tmp/armadio-setup.XXXXXX".utf8CString)
        descriptor = mkstemp(&path)
        guard descriptor >= 0 else { throw SystemError("mkstemp", "/tmp") }
        unlink(path)
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    }

    deinit { close(descriptor) }

    /// The last of it.
    var tail: String {
        let start = max(0, lseek(descriptor, 0, SEEK_END) - Self.tailBytes)
        var bytes = [UInt8](repeating: 0, count: Self.tailBytes)
        let count = pread(descriptor, &bytes, bytes.count, start)
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }
}
