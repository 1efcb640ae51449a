import CLinux
import Glibc
import Platform
import Settings

/// Where metrics are served.
enum MetricsEndpoint: Hashable, CustomStringConvertible {
    /// A Unix socket, for the owner and the group `armadio`.
    case socket(String)
    /// A TCP port.
    case tcp(ListenAddress)

    var description: String {
        switch self {
        case .socket(let path): path
        case .tcp(let address): "\(address)"
        }
    }

    /// A listening socket there.
    func listen() throws(SystemError) -> Int32 {
        switch self {
        case .socket(let path):
            guard !ControlSocket.isServed(path) else {
                throw SystemError("bind", path, errno: EADDRINUSE)
            }
            return try ControlSocket.listen(on: path)
        case .tcp(let address): return try Self.listen(on: address)
        }
    }

    /// Leaves no file behind.
    func remove() {
        if case .socket(let path) = self { unlink(path) }
    }

    private static func listen(on address: ListenAddress) throws(SystemError) -> Int32 {
        var hints = addrinfo()
        hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(address.host, "\(address.port)", &hints, &found) == 0, let found else {
            throw SystemError("getaddrinfo", "\(address)", errno: EADDRNOTAVAIL)
        }
        defer { freeaddrinfo(found) }
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let descriptor = Glibc.socket(found.pointee.ai_family, type, 0)
        guard descriptor >= 0 else { throw SystemError("socket", "\(address)") }
        var yes: Int32 = 1
        let size = socklen_t(MemoryLayout<Int32>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, size)
        guard bind(descriptor, found.pointee.ai_addr, found.pointee.ai_addrlen) == 0,
            Glibc.listen(descriptor, Int32(MetricsLimits.clients)) == 0
        else {
            let failure = SystemError("bind", "\(address)")
            close(descriptor)
            throw failure
        }
        return descriptor
    }
}
