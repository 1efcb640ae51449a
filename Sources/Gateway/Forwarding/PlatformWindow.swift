import Telemetry

/// What was published and acknowledged by the broker, and waits for the platform to say that it
/// has committed it: with `acknowledge: platform` a broker's word is not enough, for a broker that
/// is killed may forget what it has acknowledged.
struct PlatformWindow {
    /// The most publishes that wait: then nothing new is sent until the platform says something.
    static let limit = 256
    /// How long the platform may say nothing while something waits, before that is sent again;
    /// doubled with each time in a row up to `longestPatience`.
    static let patience: Duration = .seconds(60)
    /// The longest of these times.
    static let longestPatience: Duration = .seconds(960)

    private(set) var waiting: [Delivery] = []
    /// Since when the oldest that waits has seen later ones committed: a broker may have forgotten
    /// it while what it was sent afterwards went through.
    private var passedSince: Instant?
    /// Since when the platform has said nothing of what waits.
    private var silentSince: Instant?
    private var patience = PlatformWindow.patience

    /// How long what waits has been waiting for a word; nil if nothing waits.
    func silence(now: Instant) -> Duration? { silentSince.map { now - $0 } }

    var isFull: Bool { waiting.count >= Self.limit }

    /// The broker has it.
    mutating func publish(_ delivery: Delivery, now: Instant) {
        waiting.append(delivery)
        silentSince = silentSince ?? now
    }

    /// The platform has said something: what is committed no longer waits.
    mutating func commit(now: Instant, isCommitted: (Delivery) -> Bool) {
        let (before, oldest) = (waiting.count, waiting.first)
        waiting.removeAll(where: isCommitted)
        guard waiting.count < before else { return }
        silentSince = waiting.isEmpty ? nil : now
        let isPassed = waiting.first != nil && waiting.first == oldest
        passedSince = isPassed ? passedSince ?? now : nil
        if !isPassed { patience = Self.patience }
    }

    /// Whether it is time to send again what waits: the platform says nothing at all, or nothing
    /// of what has waited longest.
    mutating func isOverdue(now: Instant) -> Bool {
        let since = [silentSince, passedSince].compactMap { $0 }.min()
        guard let since, now - since >= patience else { return false }
        patience = min(patience * 2, Self.longestPatience)
        return true
    }

    /// All is sent again.
    mutating func reset() {
        waiting = []
        silentSince = nil
        passedSince = nil
    }
}
