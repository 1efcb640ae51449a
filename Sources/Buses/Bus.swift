import Telemetry

/// What every bus is: an actor on a thread of its own, with timers on that thread.
///
/// Whoever works with a bus much takes its `unownedExecutor` as their own. Then a poll is: the
/// timer fires, the driver converts, the bus transfers, all on one thread.
public protocol Bus: Actor {
    /// Suspends the caller until the boot clock shows `deadline`, by a timer of the bus's thread.
    ///
    /// - Throws: `CancellationError` if the task was or is cancelled.
    func sleep(until deadline: Instant) async throws(CancellationError)

    /// Lets go of the connection or port. A later transfer opens it again.
    func close() async
}
