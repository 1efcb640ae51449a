import CLinux
import Glibc
import Telemetry

/// The kernel's watchdog (Documentation/watchdog/watchdog-api.rst): from being opened on, it
/// resets the board unless it is fed within its timeout. One process at a time has it.
///
/// Let go of without `stop()`, it goes on counting: what crashed is reset.
public final class WatchdogDevice {
    /// Its path.
    public let path: String
    /// What its driver calls it; empty if that is not known.
    public let identity: String
    /// The timeout that it has, in whole seconds.
    public let timeout: Duration
    /// Why it did not take the timeout asked for; nil if it did, or made another of it.
    public let timeoutFailure: SystemError?

    private let descriptor: Int32

    /// Opens it, which starts it, and sets its timeout, in whole seconds; a part of one is
    /// rounded up.
    ///
    /// - Throws: `SystemError`: EBUSY if another process has it, ENOENT, EACCES; ENOTTY if the path
    ///   is something else.
    public init(path: String, timeout: Duration) throws(SystemError) {
        descriptor = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
        guard descriptor >= 0 else { throw SystemError("open", path) }
        self.path = path
        identity = Self.identity(descriptor)
        let wanted = Self.wholeSeconds(timeout)
        let set = clinux_watchdog_set_timeout(descriptor, wanted)
        let failure = set < 0 ? SystemError("set the timeout of", path, errno: -set) : nil
        timeoutFailure = failure
        let answered = clinux_watchdog_timeout(descriptor)
        let seconds = answered > 0 ? answered : set
        self.timeout = .seconds(Int64(seconds))
        // Without a timeout of its own there is nothing to feed by, or it is no watchdog.
        guard seconds > 0 else {
            close(descriptor)
            throw failure ?? SystemError("set the timeout of", path, errno: EINVAL)
        }
    }

    deinit {
        close(descriptor)
    }

    /// The timeout asked for as the kernel takes it.
    public static func wholeSeconds(_ timeout: Duration) -> Int32 {
        let (seconds, rest) = timeout.components
        return Int32(clamping: rest > 0 ? seconds.addingReportingOverflow(1).partialValue : seconds)
    }

    private static func identity(_ descriptor: Int32) -> String {
        var name = [CChar](repeating: 0, count: 33)
        guard clinux_watchdog_identity(descriptor, &name) == 0 else { return "" }
        return String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// Begins its timeout anew.
    ///
    /// - Throws: `SystemError` if it is gone.
    public func feed() throws(SystemError) {
        try put(0)
    }

    /// Asks it to stop when it is let go of: the magic close (the letter V), and the command for
    /// it, whose answer tells whether the kernel allows that.
    ///
    /// - Throws: `SystemError` if it goes on counting; EBUSY: it was built or loaded with `nowayout`.
    public func stop() throws(SystemError) {
        try put(UInt8(ascii: "V"))
        let answer = clinux_watchdog_disable(descriptor)
        // Other errors mean that the driver has no such command; the letter stops it.
        if answer == -EBUSY { throw SystemError("stop", path, errno: EBUSY) }
    }

    private func put(_ byte: UInt8) throws(SystemError) {
        var byte = byte
        while true {
            if write(descriptor, &byte, 1) == 1 { return }
            guard errno == EINTR else { throw SystemError("write", path) }
        }
    }
}
