import CLinux
import Glibc
import Platform
import Synchronization
import Telemetry

/// An address that a socket can be connected to.
struct SocketAddress: Sendable {
    private var storage = sockaddr_storage()
    private var length: socklen_t

    /// The family, such as AF_INET6.
    var family: Int32 { Int32(storage.ss_family) }

    fileprivate init(_ found: addrinfo) {
        length = min(found.ai_addrlen, socklen_t(MemoryLayout<sockaddr_storage>.size))
        withUnsafeMutableBytes(of: &storage) { target in
            target.copyMemory(
                from: UnsafeRawBufferPointer(start: found.ai_addr, count: Int(length)))
        }
    }

    /// Calls connect(2).
    func connect(_ descriptor: Int32) -> Int32 {
        withUnsafeBytes(of: storage) { bytes in
            Glibc.connect(
                descriptor, bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self), length)
        }
    }
}

/// The addresses of a host. The system's resolver blocks, and for as long as it likes, so a name
/// is looked up on a thread that lives for that alone.
final class NameLookup: Sendable {
    /// A name may have many addresses; more than this are not tried.
    static let mostAddresses = 4

    /// The addresses, or the resolver's error number (gai_strerror(3)).
    enum Outcome: Sendable {
        case found([SocketAddress])
        case unknown(Int32)
    }

    private let outcome = Mutex<Outcome?>(nil)
    /// An eventfd(2), written when the outcome is there.
    private let isDone: Int32

    private init(host: String, port: UInt16) throws(SystemError) {
        isDone = eventfd(0, Int32(EFD_CLOEXEC))
        guard isDone >= 0 else { throw SystemError("eventfd") }
        Task(executorPreference: ThreadExecutor(name: "resolver")) {
            let outcome = Self.ask(host, port, flags: AI_NUMERICSERV)
            self.outcome.withLock { $0 = outcome }
            eventfd_write(self.isDone, 1)
        }
    }

    deinit {
        close(isDone)
    }

    /// Finds the addresses of a name, or of an address as text. Suspends for at most `timeout`.
    ///
    /// - Throws: `SystemError` if there is no descriptor left.
    static func addresses(
        of host: String, port: UInt16, timeout: Duration, on executor: ThreadExecutor
    ) async throws(SystemError) -> Outcome {
        if case .found(let addresses) = ask(host, port, flags: AI_NUMERICSERV | AI_NUMERICHOST) {
            return .found(addresses)
        }
        let lookup = try NameLookup(host: host, port: port)
        let deadline = executor.now + timeout
        _ = await executor.waitToRead(lookup.isDone, until: deadline)
        return lookup.outcome.withLock { $0 } ?? .unknown(EAI_AGAIN)
    }

    private static func ask(_ host: String, _ port: UInt16, flags: Int32) -> Outcome {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = flags
        var first: UnsafeMutablePointer<addrinfo>?
        let failure = getaddrinfo(host, String(port), &hints, &first)
        guard failure == 0 else { return .unknown(failure) }
        defer { freeaddrinfo(first) }
        let found = sequence(first: first) { $0?.pointee.ai_next }.prefix { $0 != nil }
        return .found(
            found.prefix(mostAddresses).compactMap { $0.map { SocketAddress($0.pointee) } })
    }
}
