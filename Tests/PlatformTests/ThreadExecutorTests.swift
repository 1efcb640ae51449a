import Platform
import Telemetry
import Testing

@Suite struct ThreadExecutorTests {
    /// An actor that blocks its thread must not stop another's.
    actor Worker {
        nonisolated let executor: ThreadExecutor
        nonisolated var unownedExecutor: UnownedSerialExecutor {
            executor.asUnownedSerialExecutor()
        }
        var count = 0

        init(name: String) {
            executor = ThreadExecutor(name: name)
        }

        func increment() -> Int {
            executor.checkIsolated()
            count += 1
            return count
        }

        func sleep(_ duration: Duration) async throws -> Duration {
            let clock = SystemClock()
            let deadline = clock.now() + duration
            try await executor.sleep(until: deadline)
            executor.checkIsolated()
            return clock.now() - deadline
        }
    }

    @Test func runsEveryJobOnItsThread() async {
        let worker = Worker(name: "worker")
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<1000 { group.addTask { _ = await worker.increment() } }
        }
        #expect(await worker.count == 1000)
    }

    @Test func sleepNeverEndsEarly() async throws {
        let worker = Worker(name: "sleeper")
        for milliseconds in [0, 1, 5, 20] {
            #expect(try await worker.sleep(.milliseconds(milliseconds)) >= .zero)
        }
    }

    @Test func cancelledSleepThrowsAtOnce() async {
        let worker = Worker(name: "cancelled")
        let task = Task { try await worker.sleep(.seconds(3600)) }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test func manyExecutorsComeAndGo() async {
        for round in 0..<200 {
            let worker = Worker(name: "round \(round)")
            #expect(await worker.increment() == 1)
        }
    }
}
