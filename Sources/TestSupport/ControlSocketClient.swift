import Glibc
import Platform
import Telemetry

/// A client of a gateway's control socket that may do what no decent one does. Its calls block its
/// own thread alone.
public actor ControlSocketClient {
    /// How long something may take to come.
    private static let patience = Duration.seconds(120)

    private let executor = ThreadExecutor(name: "control-client")
    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    private let descriptor: Int32
    private var input: ArraySlice<UInt8> = []
    private var isOpen = true

    /// Connects.
    ///
    /// - Throws: `SystemError` if nobody listens there.
    public init(_ path: String) throws(SystemError) {
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        descriptor = socket(AF_UNIX, kind, 0)
        guard descriptor >= 0 else { throw SystemError("socket") }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let descriptor = descriptor
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else { throw SystemError("connect", path) }
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
    }

    deinit { close(descriptor) }

    /// The number of the process that listens, as the kernel says (SO_PEERCRED, unix(7)).
    public var server: pid_t {
        var fields: [Int32] = [0, 0, 0]
        var size = socklen_t(12)
        getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &fields, &size)
        return fields[0]
    }

    /// Sends all of it, unless the other side lets go before.
    public func send(_ bytes: some Sequence<UInt8> & Sendable) {
        var rest = Array(bytes)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count > 0 { rest.removeFirst(count) }
            if count < 0, errno != EAGAIN || !wait(for: POLLOUT) { return }
        }
    }

    /// Says that it sends no more; it still reads.
    public func finish() {
        shutdown(descriptor, Int32(SHUT_WR))
    }

    /// The next line; nil once the other side has let go.
    ///
    /// - Throws: `TestProcess.Failure` if nothing comes for too long.
    public func line() throws(TestProcess.Failure) -> String? {
        var searched = input.startIndex
        while true {
            if let end = input[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                defer { input = input[(end + 1)...] }
                return String(decoding: input[..<end], as: UTF8.self)
            }
            searched = input.endIndex
            guard isOpen else { return nil }
            guard wait(for: POLLIN) else {
                throw TestProcess.Failure(description: "the control socket says nothing")
            }
            take()
        }
    }

    /// Asks, and takes the answer.
    ///
    /// - Throws: As `line`.
    public func ask(_ request: String) throws(TestProcess.Failure) -> String? {
        send(Array((request + "\n").utf8))
        return try line()
    }

    /// Waits until the other side lets go. Takes nothing meanwhile.
    ///
    /// - Throws: `TestProcess.Failure` if it does not.
    public func awaitEnd() throws(TestProcess.Failure) {
        guard wait(for: 0) else {
            throw TestProcess.Failure(description: "the control socket does not let go")
        }
    }

    private func take() {
        var chunk = [UInt8](repeating: 0, count: 65536)
        let count = recv(descriptor, &chunk, chunk.count, 0)
        if count > 0 { input += chunk[..<count] }
        if count == 0 || count < 0 && errno != EAGAIN { isOpen = false }
    }

    private func wait(for events: Int32) -> Bool {
        var wanted = pollfd(fd: descriptor, events: Int16(events), revents: 0)
        return poll(&wanted, 1, Int32(Self.patience.nanoseconds / 1_000_000)) > 0
    }
}
