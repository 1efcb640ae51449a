/// Who may use a line: one at a time, in order of arrival, so that a poll and a write never meet
/// in a device's driver. Lives in the actor that it serves.
final class Turns {
    /// The most that wait for the one whose turn it is.
    static let waitingLimit = 64

    private var isTaken = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    /// Suspends until it is the caller's turn. Returns false at once if too many wait already.
    func take() async -> Bool {
        guard isTaken else {
            isTaken = true
            return true
        }
        guard waiting.count < Self.waitingLimit else { return false }
        await withCheckedContinuation { waiting.append($0) }
        return true
    }

    /// Ends the turn that `take` gave.
    func pass() {
        if waiting.isEmpty { isTaken = false } else { waiting.removeFirst().resume() }
    }
}
