import Synchronization

/// Lets one at a time use what several want, in order of arrival: transfers on a bus, polls and
/// writes on a device's driver.
///
/// It serves an actor, and has a lock all the same: the closure of `withCheckedContinuation` may run
/// on another thread than its caller, and a turn that is passed meanwhile must not be missed.
public final class Turns: Sendable {
    /// The most that wait for the one whose turn it is.
    public static let waitingLimit = 64

    private struct State {
        var isTaken = false
        var waiting: [CheckedContinuation<Bool, Never>] = []
    }

    private let state = Mutex(State())

    /// Nobody's turn yet.
    public init() {}

    /// Suspends until it is the caller's turn. Returns false at once if too many wait already.
    public func take() async -> Bool {
        if takeFreeTurn() { return true }
        return await withCheckedContinuation { continuation in
            if let answer = wait(with: continuation) { continuation.resume(returning: answer) }
        }
    }

    /// Ends the turn that `take` gave.
    public func pass() {
        let next = state.withLock { state -> CheckedContinuation<Bool, Never>? in
            guard state.waiting.isEmpty else { return state.waiting.removeFirst() }
            state.isTaken = false
            return nil
        }
        next?.resume(returning: true)
    }

    private func takeFreeTurn() -> Bool {
        state.withLock { state in
            guard !state.isTaken else { return false }
            state.isTaken = true
            return true
        }
    }

    /// Waits, unless the turn has become free or too many wait: then what `take` returns.
    private func wait(with continuation: CheckedContinuation<Bool, Never>) -> Bool? {
        state.withLock { state in
            guard state.isTaken else {
                state.isTaken = true
                return true
            }
            guard state.waiting.count < Self.waitingLimit else { return false }
            state.waiting.append(continuation)
            return nil
        }
    }
}
