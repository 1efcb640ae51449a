/// Lets one transfer at a time onto a bus; the others wait in order of arrival. Lives in a bus and
/// is never shared.
final class Turns {
    /// The most transfers that wait for the one under way.
    static let waitingLimit = 64

    private var isBusy = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    /// Waits for the turn, which `pass` ends. Returns false, without it, if too many wait already.
    func take() async -> Bool {
        guard isBusy else {
            isBusy = true
            return true
        }
        guard waiting.count < Self.waitingLimit else { return false }
        await withCheckedContinuation { waiting.append($0) }
        return true
    }

    /// Ends the turn.
    func pass() {
        if waiting.isEmpty { isBusy = false } else { waiting.removeFirst().resume() }
    }
}
