import Glibc
import Telemetry

/// The service manager's socket (sd_notify(3)): a service says there that it is ready, how it is
/// doing and that it is alive, in datagrams of `NAME=value` lines.
public final class ServiceSocket: Sendable {
    /// How long a datagram may wait for room in the manager's queue: a manager that hangs holds up
    /// nothing for longer.
    static let patienceSeconds = 1

    /// How long the manager waits for the next sign of life; nil if it does not watch.
    public let watchdog: Duration?
    private let descriptor: Int32

    /// A manager's socket.
    ///
    /// - Parameters:
    ///   - address: A path, or `@` and an abstract name (unix(7)).
    ///   - watchdog: How long the manager waits for a sign of life.
    /// - Throws: `SystemError`; EAFNOSUPPORT if the address is of another kind.
    public init(address: String, watchdog: Duration? = nil) throws(SystemError) {
        guard let first = address.utf8.first,
            first == UInt8(ascii: "/") || first == UInt8(ascii: "@")
        else { throw SystemError("connect", address, errno: EAFNOSUPPORT) }
        self.watchdog = watchdog
        descriptor = try datagramSocket(to: address)
        var time = timeval(tv_sec: Self.patienceSeconds, tv_usec: 0)
        setsockopt(
            descriptor, SOL_SOCKET, SO_SNDTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { close(descriptor) }

    /// The manager that has started this process; nil if none wants to hear of it. Takes its
    /// variables out of the environment: no child speaks for this process.
    ///
    /// - Throws: `SystemError` if its socket cannot be had.
    public static func takeFromEnvironment() throws(SystemError) -> ServiceSocket? {
        let (address, watchdog) = (variable("NOTIFY_SOCKET"), watchdogOfEnvironment())
        for name in ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"] { unsetenv(name) }
        guard let address else { return nil }
        return try ServiceSocket(address: address, watchdog: watchdog)
    }

    /// sd_watchdog_enabled(3): a process id beside it says whom it is for.
    private static func watchdogOfEnvironment() -> Duration? {
        guard let time = variable("WATCHDOG_USEC").flatMap({ Int64($0) }), time > 0 else {
            return nil
        }
        if let process = variable("WATCHDOG_PID"), Int32(process) != getpid() { return nil }
        return .microseconds(time)
    }

    private static func variable(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// Sends lines as one datagram. A line break in one of them would begin another.
    ///
    /// - Throws: `SystemError` if the manager does not take it.
    public func send(_ lines: [String]) throws(SystemError) {
        let text = lines.map { $0.replacing("\n", with: " ") }.joined(separator: "\n")
        try sendDatagram(Array(text.utf8), on: descriptor, to: "the service manager")
    }
}

/// A datagram socket that is connected to a path, or to `@` and an abstract name (unix(7)).
func datagramSocket(to address: String) throws(SystemError) -> Int32 {
    let type = Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue)
    let descriptor = socket(AF_UNIX, type, 0)
    guard descriptor >= 0 else { throw SystemError("socket", address) }
    var place = sockaddr_un()
    place.sun_family = sa_family_t(AF_UNIX)
    var bytes = Array(address.utf8)
    if bytes.first == UInt8(ascii: "@") { bytes[0] = 0 }
    guard bytes.count < MemoryLayout.size(ofValue: place.sun_path) else {
        close(descriptor)
        throw SystemError("connect", address, errno: ENAMETOOLONG)
    }
    withUnsafeMutableBytes(of: &place.sun_path) { $0.copyBytes(from: bytes) }
    // An abstract name ends where the address does; a path has its zero.
    let end = bytes.first == 0 ? bytes.count : bytes.count + 1
    let size = socklen_t(MemoryLayout.offset(of: \sockaddr_un.sun_path).map { $0 + end } ?? 0)
    let result = withUnsafePointer(to: &place) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            connect(descriptor, $0, size)
        }
    }
    guard result == 0 else {
        let failure = SystemError("connect", address)
        close(descriptor)
        throw failure
    }
    return descriptor
}

/// Sends one datagram.
func sendDatagram(
    _ bytes: [UInt8], on descriptor: Int32, to whom: String, flags: Int32 = 0
) throws(SystemError) {
    let all = flags | Int32(MSG_NOSIGNAL)
    while send(descriptor, bytes, bytes.count, all) < 0 {
        guard errno == EINTR else { throw SystemError("send", whom) }
    }
}
