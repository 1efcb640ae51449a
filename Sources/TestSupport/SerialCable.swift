import FieldSimulator
import Glibc
import Platform

/// Two serial ports that are wired to each other, for a bus on one and another program's server on
/// the other. It takes no time. On a thread of its own.
public final class SerialCable: Sendable {
    /// What the bus is to open instead of a serial port.
    public let path: String
    /// What the other program is to open.
    public let farPath: String
    /// The cable is gone when this end of its pair is closed.
    private let stop: Int32

    /// A cable.
    ///
    /// - Throws: `SystemError` if there is no pseudo-terminal left.
    public init() throws(SystemError) {
        let (near, far) = (try PseudoTerminal(), try PseudoTerminal())
        var ends: [Int32] = [-1, -1]
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw SystemError("socketpair") }
        (path, farPath, stop) = (near.path, far.path, ends[1])
        let end = ends[0]
        Task(executorPreference: ThreadExecutor(name: "serial-cable")) {
            Self.pass(near, far, until: end)
            close(end)
        }
    }

    deinit {
        close(stop)
    }

    /// Passes bytes on, both ways, until the other end of `stop` is closed.
    private static func pass(_ near: PseudoTerminal, _ far: PseudoTerminal, until stop: Int32) {
        while true {
            var waits = [near.descriptor, far.descriptor, stop].map {
                pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
            }
            guard poll(&waits, nfds_t(waits.count), -1) >= 0 else { continue }
            if waits[2].revents != 0 { return }
            for (wait, (from, to)) in zip(waits, [(near, far), (far, near)])
            where wait.revents != 0 {
                var bytes: [UInt8] = []
                from.read(into: &bytes)
                to.write(bytes[...])
            }
        }
    }
}
