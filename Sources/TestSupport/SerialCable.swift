import FieldSimulator
import Glibc
import Platform

/// A bus's serial port that is wired to those of devices, which other programs serve: what the bus
/// sends reaches all of them, what they send reaches the bus. It takes no time. On a thread of its
/// own.
public final class SerialCable: Sendable {
    /// What the bus is to open instead of a serial port.
    public let path: String
    /// What the devices are to open.
    public let devicePaths: [String]
    /// The cable is gone when this end of its pair is closed.
    private let stop: Int32

    /// A cable with so many devices.
    ///
    /// - Throws: `SystemError` if there is no pseudo-terminal left.
    public init(devices: Int = 1) throws(SystemError) {
        let bus = try PseudoTerminal()
        var others: [PseudoTerminal] = []
        for _ in 0..<devices { others.append(try PseudoTerminal()) }
        var ends: [Int32] = [-1, -1]
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw SystemError("socketpair") }
        path = bus.path
        devicePaths = others.map(\.path)
        stop = ends[1]
        let (end, all) = (ends[0], others)
        Task(executorPreference: ThreadExecutor(name: "serial-cable")) {
            Self.pass(bus, all, until: end)
            close(end)
        }
    }

    deinit {
        close(stop)
    }

    /// Passes bytes on, both ways, until the other end of `stop` is closed.
    private static func pass(_ bus: PseudoTerminal, _ devices: [PseudoTerminal], until stop: Int32)
    {
        while true {
            var waits = ([stop, bus.descriptor] + devices.map(\.descriptor)).map {
                pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
            }
            guard poll(&waits, nfds_t(waits.count), -1) >= 0 else { continue }
            if waits[0].revents != 0 { return }
            if waits[1].revents != 0 { pass(from: bus, to: devices) }
            for (device, wait) in zip(devices, waits.dropFirst(2)) where wait.revents != 0 {
                pass(from: device, to: [bus])
            }
        }
    }

    private static func pass(from one: PseudoTerminal, to others: [PseudoTerminal]) {
        var bytes: [UInt8] = []
        one.read(into: &bytes)
        for other in others { other.write(bytes[...]) }
    }
}
