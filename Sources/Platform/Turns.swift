/// Lets one at a time use what several want, in order of arrival: transfers on a bus, polls and
/// writes on a device's driver. Lives in the actor that it serves.
public final class Turns {
    /// The most that wait for the one whose turn it is.
    public static let waitingLimit = 64

    private var isTaken = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    /// Nobody's turn yet.
    public init() {}

    /// Suspends until it is the caller's turn. Returns false at once if too many wait already.
    public func take() async -> Bool {
        guard isTaken else {
            isTaken = true
            return true
        }
        guard waiting.count < Self.waitingLimit else { return false }
        await withCheckedContinuation { waiting.append($0) }
        return true
    }

    /// Ends the turn that `take` gave.
    public func pass() {
        if waiting.isEmpty { isTaken = false } else { waiting.removeFirst().resume() }
    }
}
