import Platform
import Synchronization
import Telemetry

/// An alarm that a test rings where the machine's would notice that its clock was set. Deadlines
/// are on a `ManualClock`.
public final class ScriptedClockAlarm: ClockAlarm {
    private struct State {
        var hasRung = false
        var sleeper: Task<Void, Never>?
        var waits = 0
    }

    private let clock: ManualClock
    private let state = Mutex(State())

    /// An alarm for one waiting task.
    public init(clock: ManualClock) {
        self.clock = clock
    }

    /// Wakes who waits, or who will wait next.
    public func ring() {
        state.withLock { state in
            state.hasRung = true
            state.sleeper?.cancel()
        }
    }

    /// How often somebody has come to wait.
    public var waits: Int { state.withLock(\.waits) }

    public func wait(
        until deadline: Instant, isolation: isolated (any Actor)? = #isolation
    ) async -> Bool {
        let sleeper = state.withLock { state in
            let sleeper = Task { [clock] in
                // Cancelled by the bell or with the waiting task: both end the wait.
                _ = try? await clock.sleep(until: deadline)
            }
            if state.hasRung { sleeper.cancel() }
            state.sleeper = sleeper
            state.waits += 1
            return sleeper
        }
        await withTaskCancellationHandler {
            _ = isolation
            await sleeper.value
        } onCancel: {
            sleeper.cancel()
        }
        return state.withLock { state in
            defer { state.hasRung = false }
            state.sleeper = nil
            return state.hasRung
        }
    }
}
