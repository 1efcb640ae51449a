import Synchronization
import Telemetry

/// How much of its time a line is in use, for `status`. Written by its sampler, read by anyone.
public final class LineMeter: Sendable {
    /// The load is that of about the last minute: six parts of it, the oldest of which fades out.
    static let part = Duration.seconds(10)
    private static let parts = 6

    private struct State {
        var busy = [Duration](repeating: .zero, count: parts)
        var current: Int64 = 0
        var started: Instant
        var overload: String?
    }

    private let state: Mutex<State>

    /// A meter at zero.
    public init(now: Instant) {
        state = Mutex(State(started: now))
    }

    /// Why the line cannot keep its devices' intervals; nil while it can.
    var overload: String? {
        get { state.withLock { $0.overload } }
        set { state.withLock { $0.overload = newValue } }
    }

    /// The line was in use.
    func note(busy: Duration, until now: Instant) {
        state.withLock { state in
            Self.turn(&state, now)
            state.busy[Int(state.current) % Self.parts] += busy
        }
    }

    /// Which part of the last minute the line was in use, 0 to 1.
    func load(at now: Instant) -> Double {
        state.withLock { state in
            Self.turn(&state, now)
            let partly = now.nanoseconds % Self.part.nanoseconds
            let measured = Self.part * (Self.parts - 1) + .nanoseconds(partly)
            let span = min(measured, max(now - state.started, .milliseconds(1)))
            let busy = state.busy.reduce(Duration.zero, +)
            return min(busy.seconds / span.seconds, 1)
        }
    }

    /// Empties the parts that have passed since the last look.
    private static func turn(_ state: inout State, _ now: Instant) {
        let number = now.nanoseconds / part.nanoseconds
        let passed = min(number - state.current, Int64(parts))
        for step in 0..<max(passed, 0) { state.busy[Int(number - step) % parts] = .zero }
        state.current = number
    }
}
