import Synchronization
import Telemetry

/// A boot clock that stands still until a test moves it, with sleepers that wake when it is moved
/// past their deadline.
public final class ManualClock: BootClock {
    private struct Sleeper {
        var id: UInt64
        var deadline: Instant
        var continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        var now: Instant
        var wall: WallTime
        var quality: ClockQuality
        var boot: BootID
        var sleepers: [Sleeper] = []
        var lastID: UInt64 = 0
        var cancelled: Set<UInt64> = []
    }

    private let state: Mutex<State>

    /// A clock at this instant, which the wall clock shows as `wall`.
    public init(
        now: Instant = Instant(nanoseconds: 1_000_000_000),
        wall: WallTime = WallTime(nanosecondsSince1970: 1_767_225_600_000_000_000),
        quality: ClockQuality = .synchronized, boot: BootID = BootID(high: 1, low: 1)
    ) {
        state = Mutex(State(now: now, wall: wall, quality: quality, boot: boot))
    }

    public func now() -> Instant { state.withLock(\.now) }

    public func anchor() -> ClockAnchor {
        state.withLock { state in
            ClockAnchor(
                boot: state.boot, instant: state.now, wall: state.wall, quality: state.quality)
        }
    }

    /// Moves both clocks and wakes who is due, earliest deadline first.
    public func advance(by duration: Duration) {
        let due = state.withLock { state -> [Sleeper] in
            state.now = state.now + duration
            state.wall = state.wall + duration
            let now = state.now
            let due = state.sleepers.filter { $0.deadline <= now }
            state.sleepers.removeAll { $0.deadline <= now }
            return due
        }
        for sleeper in due.sorted(by: { $0.deadline < $1.deadline }) {
            sleeper.continuation.resume()
        }
    }

    /// Steps the wall clock alone, as a time source does.
    public func setWall(_ wall: WallTime, quality: ClockQuality) {
        state.withLock { ($0.wall, $0.quality) = (wall, quality) }
    }

    /// When the earliest sleeper is due; nil if nobody sleeps.
    public var nextDeadline: Instant? {
        state.withLock { $0.sleepers.map(\.deadline).min() }
    }

    /// Suspends the caller until the clock was moved to `deadline`, or until it is cancelled.
    ///
    /// - Throws: `CancellationError` if the task was or is cancelled.
    public func sleep(until deadline: Instant) async throws(CancellationError) {
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { add(id, deadline, $0) }
        } onCancel: {
            cancel(id)
        }
        state.withLock { _ = $0.cancelled.remove(id) }
        if Task.isCancelled { throw CancellationError() }
    }

    private func add(
        _ id: UInt64, _ deadline: Instant, _ continuation: CheckedContinuation<Void, Never>
    ) {
        let isOver = state.withLock { state in
            if state.cancelled.contains(id) || deadline <= state.now { return true }
            state.sleepers.append(Sleeper(id: id, deadline: deadline, continuation: continuation))
            return false
        }
        if isOver { continuation.resume() }
    }

    private func cancel(_ id: UInt64) {
        let sleeper = state.withLock { state -> Sleeper? in
            guard let index = state.sleepers.firstIndex(where: { $0.id == id }) else {
                state.cancelled.insert(id)
                return nil
            }
            return state.sleepers.remove(at: index)
        }
        sleeper?.continuation.resume()
    }
}
