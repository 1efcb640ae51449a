import Telemetry

/// What every bus is: an actor on a thread of its own, with timers on that thread.
///
/// Whoever works with a bus much takes its `unownedExecutor` as their own. Then a poll is: the
/// timer fires, the driver converts, the bus transfers, all on one thread.
public protocol Bus: Actor {
    /// What a task that works mostly with this bus is to prefer; nil if the bus has no thread.
    nonisolated var taskExecutor: (any TaskExecutor)? { get }

    /// Suspends the caller until the boot clock shows `deadline`, by a timer of the bus's thread.
    ///
    /// - Throws: `CancellationError` if the task was or is cancelled.
    func sleep(until deadline: Instant) async throws(CancellationError)

    /// Suspends the caller like `sleep`, but ends early when something has come by itself that a
    /// driver is to collect.
    func rest(until deadline: Instant) async throws(CancellationError)

    /// Lets no transfer wait for an answer longer than this from now on, whatever else is set; nil
    /// to end that. For a try of a silent device in the gap that the others leave.
    func limitWaits(to limit: Duration?) async

    /// Lets go of the connection or port. A later transfer opens it again.
    func close() async
}

extension Bus {
    /// No preference.
    public nonisolated var taskExecutor: (any TaskExecutor)? { nil }

    /// A bus on which nothing comes by itself.
    public func rest(until deadline: Instant) async throws(CancellationError) {
        try await sleep(until: deadline)
    }

    /// A bus whose transfers take no time worth limiting.
    public func limitWaits(to limit: Duration?) {}
}
