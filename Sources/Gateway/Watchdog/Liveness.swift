import Synchronization
import Telemetry

/// Who still does its work: each loop of the gateway promises when it will be back, and is alive as
/// long as that is not past by more than `grace`.
///
/// A promise is about the loop's own turn, not about success: a device that does not answer, a
/// broker that is away and a disk that reports errors are all alive.
public final class Liveness: Sendable {
    /// How much later than promised a loop may come: a card that stalls while it tidies up, a
    /// machine with more to do than it can. The watchdog's timeout comes on top, so with the usual
    /// 60 s a stall of a minute resets nothing. It does not depend on the timeout: what a stall
    /// takes is a matter of the hardware.
    static let grace = Duration.seconds(20)

    /// How long one transfer on a bus may take, which a sampler promises before each: a connection
    /// is made and an answer awaited, for at most a minute each (`response-timeout`).
    static let longestTransfer = Duration.seconds(130)

    /// How long the start and the stop of the gateway may take: the longest recovery of a journal;
    /// the last transfer of a bus, and the safe states.
    static let longestTransition = Duration.seconds(600)

    /// A loop that has not come back in time.
    struct Late: Equatable, Sendable {
        /// What it is called.
        var loop: String
        /// When it was to be back.
        var promised: Instant
    }

    private struct Loop {
        var name: String
        var promised: Instant
    }

    private struct State {
        var loops: [UInt64: Loop] = [:]
        var lastNumber: UInt64 = 0
    }

    private let state = Mutex(State())

    /// Nobody has promised anything yet.
    public init() {}

    /// A loop begins. It is alive until it promises something else.
    ///
    /// - Parameter name: What the log and `status` call it.
    func pulse(of name: String) -> Pulse {
        let number = state.withLock { state in
            state.lastNumber += 1
            state.loops[state.lastNumber] = Loop(name: name, promised: .latest)
            return state.lastNumber
        }
        return Pulse(number: number, liveness: self)
    }

    /// The loops that are not alive, the one that has been away the longest first.
    func late(at now: Instant) -> [Late] {
        state.withLock { state in
            state.loops.values.filter { $0.promised <= now && now - $0.promised > Self.grace }
                .map { Late(loop: $0.name, promised: $0.promised) }
        }.sorted { ($0.promised, $0.loop) < ($1.promised, $1.loop) }
    }

    /// What one loop promises with. Forgotten when it ends, or when nobody has it any more.
    final class Pulse: Sendable {
        private let number: UInt64
        private let liveness: Liveness

        fileprivate init(number: UInt64, liveness: Liveness) {
            (self.number, self.liveness) = (number, liveness)
        }

        deinit { end() }

        /// The loop will be back then, whatever it promised before.
        func promise(until instant: Instant) {
            liveness.state.withLock { $0.loops[number]?.promised = instant }
        }

        /// The loop has something to do in between: it will be back then, or when it promised.
        func extend(until instant: Instant) {
            liveness.state.withLock { state in
                guard let promised = state.loops[number]?.promised else { return }
                state.loops[number]?.promised = max(promised, instant)
            }
        }

        /// The loop has ended in order.
        func end() {
            liveness.state.withLock { _ = $0.loops.removeValue(forKey: number) }
        }
    }
}
