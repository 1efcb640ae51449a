import CLinux
import Glibc
import Platform
import Synchronization
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

    /// A watch that comes while the thread is on its way into its wait is in that wait: else a
    /// gateway would now and then never see the signal that is to end it.
    @Test(.timeLimit(.minutes(1))) func aWatchIsNeverOverlooked() async {
        let descriptor = eventfd(1, Int32(EFD_CLOEXEC))
        defer { close(descriptor) }
        let executor = ThreadExecutor(name: "watch")
        await withCheckedContinuation { continuation in
            let waiting = Box(continuation)
            // What is waited for is asked on that way, so another watch can come just then.
            executor.watch { [weak executor] in
                executor?.watch {
                    ThreadExecutor.Interest(descriptor: descriptor)
                } ready: { _ in
                    waiting.resume()
                }
                return ThreadExecutor.Interest(descriptor: -1)
            } ready: { _ in
            }
        }
        executor.unwatch()
    }

    /// Goes on once, however often it is told to.
    private final class Box: Sendable {
        private let waiting: Mutex<CheckedContinuation<Void, Never>?>

        init(_ continuation: CheckedContinuation<Void, Never>) { waiting = Mutex(continuation) }

        func resume() {
            let continuation = waiting.withLock { waiting in
                defer { waiting = nil }
                return waiting
            }
            continuation?.resume()
        }
    }

    @Test func manyExecutorsComeAndGo() async {
        for round in 0..<200 {
            let worker = Worker(name: "round \(round)")
            #expect(await worker.increment() == 1)
        }
    }
}
