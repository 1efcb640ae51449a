import Synchronization
import Telemetry

/// What `status` shows of the watchdog. Written by its feeder, read by anyone.
final class WatchdogMeter: Sendable {
    /// The loops that are not alive.
    struct Hung: Sendable, Equatable {
        var loops: String
        var since: Instant
    }

    struct State: Sendable {
        /// The timeout that it has; nil while it is not open.
        var timeout: Duration?
        /// When it was fed last.
        var fed: Instant?
        var hung: Hung?
        /// Why it cannot be opened or fed.
        var failure: String?
    }

    private let device: String
    private let state = Mutex(State())

    /// A watchdog that is not open yet.
    init(device: String) {
        self.device = device
    }

    var snapshot: State { state.withLock { $0 } }

    func update(_ change: (inout State) -> Void) {
        state.withLock { change(&$0) }
    }

    func report(at now: Instant) -> StatusReport.Watchdog {
        let state = snapshot
        let hung = state.hung.map {
            "no sign of life from \($0.loops) for \((now - $0.since).components.seconds) s"
        }
        let waiting = state.fed == nil ? "not open yet" : nil
        let failure = state.failure ?? hung ?? waiting
        return StatusReport.Watchdog(
            device: device, isFed: failure == nil, failure: failure,
            timeoutSeconds: state.timeout?.seconds, fedSeconds: state.fed.map { (now - $0).seconds }
        )
    }
}
