import Glibc
import Platform

/// The system calls behind the control socket (unix(7)).
enum ControlSocket {
    /// The group whose members may use it.
    static let group = "armadio"

    /// A listening socket on this path, for the owner and the group alone. Its folder is made if it
    /// is not there: /run is empty after each boot.
    static func listen(on path: String) throws(SystemError) -> Int32 {
        let descriptor = try open()
        do throws(SystemError) {
            // Only a socket that nobody serves comes here, so nothing else is ever removed.
            if isSocket(path) { unlink(path) }
            let folder = path.split(separator: "/").dropLast().map { "/" + $0 }.joined()
            // Where that fails, bind says why.
            mkdir(folder, 0o755)
            // The socket's mode is that of its file (unix(7)): others are never let in. The umask
            // would be that of every thread.
            try check("fchmod", path, fchmod(descriptor, 0o600))
            try check("bind", path, withAddress(path) { bind(descriptor, $0, $1) })
            // Where the group is not to be had, the socket stays the owner's alone.
            if let number = try localGroup(named: group) { _ = chown(path, uid_t.max, number) }
            try check("chmod", path, chmod(path, 0o660))
            try check("listen", path, Glibc.listen(descriptor, 64))
            makeNonblocking(descriptor)
            return descriptor
        } catch {
            close(descriptor)
            throw error
        }
    }

    /// A connection to the daemon, blocking, with a time-out on connecting and on both directions.
    static func connect(to path: String, timeoutSeconds: Int) throws(SystemError) -> Int32 {
        let descriptor = try open()
        do throws(SystemError) {
            var time = timeval(tv_sec: timeoutSeconds, tv_usec: 0)
            let size = socklen_t(MemoryLayout<timeval>.size)
            setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, size)
            setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &time, size)
            try check("connect", path, withAddress(path) { Glibc.connect(descriptor, $0, $1) })
            return descriptor
        } catch {
            close(descriptor)
            throw error
        }
    }

    /// Whether a program has this path, be it that it hangs.
    static func isServed(_ path: String) -> Bool {
        do throws(SystemError) {
            close(try connect(to: path, timeoutSeconds: 1))
            return true
        } catch {
            return error.errno == EAGAIN
        }
    }

    static func makeNonblocking(_ descriptor: Int32) {
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
    }

    private static func open() throws(SystemError) -> Int32 {
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(AF_UNIX, type, 0)
        guard descriptor >= 0 else { throw SystemError("socket") }
        return descriptor
    }

    private static func isSocket(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFSOCK
    }

    private static func check(
        _ call: String, _ path: String, _ result: Int32?
    ) throws(SystemError) {
        guard let result else { throw SystemError(call, path, errno: ENAMETOOLONG) }
        if result != 0 { throw SystemError(call, path) }
    }

    /// nil if the path is longer than a socket's address can be (107 bytes).
    private static func withAddress(
        _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32? {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return nil }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}
