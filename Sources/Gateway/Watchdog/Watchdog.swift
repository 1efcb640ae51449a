import Platform
import Telemetry

/// Feeds a watchdog, on a thread of its own: nothing else can hold it up, and it holds up nothing.
actor Watchdog {
    private var feeding: WatchdogFeeding
    private var task: Task<Void, Never>?

    private nonisolated let executor = ThreadExecutor(name: "watchdog")
    nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    init(feeding: sending WatchdogFeeding) {
        self.feeding = feeding
    }

    /// Opens it, feeds it once, and goes on by itself.
    func start() {
        guard task == nil else { return }
        let next = feeding.step(at: executor.now)
        task = Task(executorPreference: executor) { await self.run(from: next) }
    }

    /// Ends the watch in order. Left without this, it goes on counting.
    func stop() async {
        task?.cancel()
        await task?.value
        feeding.stop()
    }

    private func run(from first: Instant) async {
        var next = first
        while !Task.isCancelled {
            do throws(CancellationError) {
                try await executor.sleep(until: next)
            } catch {
                return
            }
            next = feeding.step(at: executor.now)
        }
    }
}
