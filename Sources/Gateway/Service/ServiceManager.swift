import Logging
import Platform
import Synchronization
import Telemetry

/// What the service manager is told (sd_notify(3)): that the gateway runs, how it is doing, that it
/// takes over another configuration, that it ends, and that more time is needed for one of these.
public final class ServiceManager: Sendable {
    /// The longest status: one line of `systemctl status`.
    static let statusLimit = 240

    private struct State {
        var status = ""
        var isFailing = false
    }

    private let socket: ServiceSocket
    private let clock: any BootClock
    private let logger: Logger
    private let state = Mutex(State())

    /// The manager at this socket.
    public init(socket: ServiceSocket, clock: any BootClock, logger: Logger) {
        (self.socket, self.clock, self.logger) = (socket, clock, logger)
    }

    /// How long it waits for a sign of life; nil if it does not watch.
    var watchdog: Duration? { socket.watchdog }

    /// The gateway begins. A long recovery of the journal gets its time: after that the manager
    /// ends a start that hangs.
    func begin() {
        tell(["STATUS=recovers the journal", moreTime])
    }

    /// The gateway runs, or runs by another configuration.
    public func ready() {
        tell(["READY=1"])
    }

    /// Another configuration is taken over, until `ready`.
    public func reload() {
        tell(["RELOADING=1", "MONOTONIC_USEC=\(clock.now().nanoseconds / 1000)"])
    }

    /// The gateway ends.
    func end() {
        tell(["STOPPING=1", "STATUS=stops: sends what can be sent, writes the rest", moreTime])
    }

    /// How the gateway is doing. Told when it is news.
    func show(_ status: String) {
        let line = String(status.prefix(Self.statusLimit))
        let isNews = state.withLock { state in
            defer { state.status = line }
            return state.status != line
        }
        if isNews { tell(["STATUS=" + line]) }
    }

    /// A sign of life.
    func feed() throws(SystemError) {
        try socket.send(["WATCHDOG=1"])
    }

    private var moreTime: String {
        "EXTEND_TIMEOUT_USEC=\(Liveness.longestTransition.components.seconds * 1_000_000)"
    }

    /// That the manager does not listen is said once until it does again.
    private func tell(_ lines: [String]) {
        do throws(SystemError) {
            try socket.send(lines)
            state.withLock { $0.isFailing = false }
        } catch {
            let isNews = state.withLock { state in
                // What it has not heard is told again.
                state.status = ""
                defer { state.isFailing = true }
                return !state.isFailing
            }
            if isNews { logger.warning("the service manager does not listen: \(error)") }
        }
    }
}
