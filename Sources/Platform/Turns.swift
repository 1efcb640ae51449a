import Synchronization

/// Lets one at a time use what several want, in order of arrival: transfers on a bus, polls and
/// writes on a device's driver, changes of the configuration.
///
/// A lock and not the caller's actor guards it: a continuation's closure may run on another thread
/// than the function around it, and between the two a turn could end that nobody hears of.
public final class Turns: Sendable {
    private struct State {
        var isTaken = false
        var waiting: [CheckedContinuation<Bool, Never>] = []
    }

    /// The most that wait for the one whose turn it is.
    public static let waitingLimit = 64

    private let state = Mutex(State())

    /// Nobody's turn yet.
    public init() {}

    /// Suspends until it is the caller's turn. Returns false at once if too many wait already.
    public func take() async -> Bool {
        let isFree = state.withLock { state in
            defer { state.isTaken = true }
            return !state.isTaken
        }
        guard !isFree else { return true }
        return await withCheckedContinuation { continuation in
            let answer = state.withLock { state -> Bool? in
                guard state.isTaken else {
                    state.isTaken = true
                    return true
                }
                guard state.waiting.count < Self.waitingLimit else { return false }
                state.waiting.append(continuation)
                return nil
            }
            if let answer { continuation.resume(returning: answer) }
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
}
