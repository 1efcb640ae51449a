import Glibc
import Platform
import Telemetry

/// Opens TCP connections. libmodbus's own connect reports an unknown name as a refused connection
/// and overruns its descriptor set when many are open; here both are told apart.
enum TCPDialer {
    /// Why there is no connection.
    enum Failure: Error {
        /// The name has no address; in the resolver's words.
        case unknownName(String)
        /// The system's error number of the last address tried.
        case refused(Int32)
    }

    /// A name may have many addresses; more than this are not tried.
    static let mostAddresses = 4

    /// Connects to the first address of `host` that accepts. Blocks the thread for up to
    /// `timeout` an address, and for as long as the system's resolver takes.
    ///
    /// - Returns: A socket that does not block, without Nagle's delay.
    static func connect(
        host: String, port: UInt16, timeout: Duration
    ) throws(Failure) -> Int32 {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_NUMERICSERV
        var found: UnsafeMutablePointer<addrinfo>?
        let failure = getaddrinfo(host, String(port), &hints, &found)
        guard failure == 0 else { throw .unknownName(String(cString: gai_strerror(failure))) }
        defer { freeaddrinfo(found) }
        var reason = ECONNREFUSED
        for address in sequence(first: found, next: { $0?.pointee.ai_next }).prefix(mostAddresses) {
            guard let address else { break }
            do throws(SystemError) {
                return try open(address.pointee, timeout: timeout)
            } catch {
                reason = error.errno
            }
        }
        throw .refused(reason)
    }

    private static func open(
        _ address: addrinfo, timeout: Duration
    ) throws(SystemError) -> Int32 {
        let kind = address.ai_socktype | Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(address.ai_family, kind, address.ai_protocol)
        guard descriptor >= 0 else { throw SystemError("socket") }
        do throws(SystemError) {
            try finish(descriptor, address, timeout)
        } catch {
            close(descriptor)
            throw error
        }
        return descriptor
    }

    private static func finish(
        _ descriptor: Int32, _ address: addrinfo, _ timeout: Duration
    ) throws(SystemError) {
        var on: Int32 = 1
        let size = socklen_t(MemoryLayout<Int32>.size)
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, size)
        if Glibc.connect(descriptor, address.ai_addr, address.ai_addrlen) == 0 { return }
        guard errno == EINPROGRESS else { throw SystemError("connect") }
        var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        let ready = poll(&waiting, 1, Int32(clamping: timeout.nanoseconds / 1_000_000))
        guard ready >= 0 else { throw SystemError("poll") }
        guard ready > 0 else { throw SystemError("connect", errno: ETIMEDOUT) }
        var failure: Int32 = 0
        var length = size
        getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &failure, &length)
        guard failure == 0 else { throw SystemError("connect", errno: failure) }
    }
}
