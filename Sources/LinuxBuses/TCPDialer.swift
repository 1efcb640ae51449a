import Glibc
import Platform
import Telemetry

/// Opens TCP connections without blocking the thread.
struct TCPDialer {
    /// Why there is no connection.
    enum Failure: Error {
        /// The name has no address; in the resolver's words.
        case unknownName(String)
        /// The system's error number of the last address tried.
        case refused(Int32)
    }

    /// A name, an IPv4 or an IPv6 address.
    var host: String
    var port: UInt16
    /// How long the name may take, and then each address.
    var timeout: Duration
    /// What waits.
    var executor: ThreadExecutor

    /// Connects to the first address of the host that accepts.
    ///
    /// - Returns: A socket that does not block, without Nagle's delay.
    func connect() async throws(Failure) -> Int32 {
        var reason = ECONNREFUSED
        for address in try await addresses() {
            do throws(SystemError) {
                return try await open(address)
            } catch {
                reason = error.errno
            }
        }
        throw .refused(reason)
    }

    private func addresses() async throws(Failure) -> [SocketAddress] {
        let outcome: NameLookup.Outcome
        do throws(SystemError) {
            outcome = try await NameLookup.addresses(
                of: host, port: port, timeout: timeout, on: executor)
        } catch {
            throw .refused(error.errno)
        }
        switch outcome {
        case .found(let addresses): return addresses
        case .unknown(let failure): throw .unknownName(String(cString: gai_strerror(failure)))
        }
    }

    private func open(_ address: SocketAddress) async throws(SystemError) -> Int32 {
        let kind = SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue
        let descriptor = socket(address.family, Int32(kind), 0)
        guard descriptor >= 0 else { throw SystemError("socket") }
        do throws(SystemError) {
            try await finish(descriptor, address)
        } catch {
            close(descriptor)
            throw error
        }
        return descriptor
    }

    private func finish(
        _ descriptor: Int32, _ address: SocketAddress
    ) async throws(SystemError) {
        var on: Int32 = 1
        let size = socklen_t(MemoryLayout<Int32>.size)
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, size)
        if address.connect(descriptor) == 0 { return }
        guard errno == EINPROGRESS else { throw SystemError("connect") }
        let deadline = executor.now + timeout
        guard await executor.waitToWrite(descriptor, until: deadline) else {
            throw SystemError("connect", errno: ETIMEDOUT)
        }
        var failure: Int32 = 0
        var length = size
        getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &failure, &length)
        guard failure == 0 else { throw SystemError("connect", errno: failure) }
    }
}
