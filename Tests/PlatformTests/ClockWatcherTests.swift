import Platform
import Synchronization
import Telemetry
import TestSupport
import Testing

@Suite struct ClockWatcherTests {
    private let clock = ManualClock(wall: .zero, quality: .unsynchronized)
    private let year = Duration.seconds(365 * 86_400)

    /// A watch of the clock, with what it has told.
    private final class Watch: Sendable {
        let alarm: ScriptedClockAlarm
        private let clock: ManualClock
        private let told = Mutex<[ClockNews]>([])
        private let task: Task<Void, Never>

        init(_ clock: ManualClock) async {
            let alarm = ScriptedClockAlarm(clock: clock)
            (self.clock, self.alarm) = (clock, alarm)
            let (stream, continuation) = AsyncStream<ClockNews>.makeStream()
            task = Task {
                for await news in ClockWatcher(clock: clock, alarm: alarm) {
                    continuation.yield(news)
                }
                continuation.finish()
            }
            self.stream = stream
            await settle(after: 0)
        }

        let stream: AsyncStream<ClockNews>

        /// Waits until the watcher has looked and waits again.
        func settle(after waits: Int) async {
            while alarm.waits <= waits || clock.nextDeadline == nil { await Task.yield() }
        }

        /// Does something that wakes the watcher.
        func wakes(_ body: () -> Void) async {
            let waits = alarm.waits
            body()
            await settle(after: waits)
        }

        /// Ends the watch; answers what it has told.
        func end() async -> [ClockNews] {
            task.cancel()
            var all: [ClockNews] = []
            for await news in stream { all.append(news) }
            return all
        }
    }

    /// Lets time pass until the watcher looks by itself; answers how long that was.
    private func nextLook(_ watch: Watch) async -> Duration {
        let wait = (clock.nextDeadline ?? clock.now()) - clock.now()
        await watch.wakes { clock.advance(by: wait) }
        return wait
    }

    @Test func aBootFrom1970TellsItsSyncAndStepAtOnce() async {
        let watch = await Watch(clock)
        let now = WallTime.earliestCredible + .seconds(1000)
        await watch.wakes {
            clock.setWall(now, quality: .synchronized)
            watch.alarm.ring()
        }
        let news = await watch.end()
        #expect(news.map(\.reason) == [.synchronized])
        #expect(news.first?.step == now - .zero)
        #expect(news.first?.anchor == clock.anchor())
    }

    @Test func aSyncWithoutAStepIsSeenByTheNextLook() async {
        let watch = await Watch(clock)
        #expect(await nextLook(watch) == .seconds(10))
        clock.setWall(clock.anchor().wall, quality: .synchronized)
        #expect(await nextLook(watch) == .seconds(10))
        // From now on nothing but an hour, or a step, wakes it.
        #expect(await nextLook(watch) == .seconds(3600))
        #expect(await nextLook(watch) == .seconds(3600))
        let news = await watch.end()
        #expect(news.map(\.reason) == [.synchronized, .regular, .regular])
        #expect(news.allSatisfy { $0.step == .zero })
    }

    @Test func withoutASyncItTellsHourly() async {
        let watch = await Watch(clock)
        for _ in 0..<720 { #expect(await nextLook(watch) == .seconds(10)) }
        #expect(await watch.end().map(\.reason) == [.regular, .regular])
    }

    @Test func eachStepIsToldWithItsSize() async {
        clock.setWall(.earliestCredible, quality: .synchronized)
        let watch = await Watch(clock)
        let steps: [Duration] = [year * 10, year * -20, .milliseconds(10), .seconds(-1)]
        for step in steps {
            clock.advance(by: .seconds(61))
            await watch.wakes {
                clock.setWall(clock.anchor().wall + step, quality: .synchronized)
                watch.alarm.ring()
            }
        }
        let news = await watch.end()
        #expect(news.map(\.reason) == [.synchronized, .stepped, .stepped, .stepped, .stepped])
        #expect(news.dropFirst().map(\.step) == steps)
    }

    @Test func whatIsNotWorthAWriteIsNoNews() async {
        clock.setWall(.earliestCredible, quality: .synchronized)
        let watch = await Watch(clock)
        clock.advance(by: .seconds(100))
        await watch.wakes {
            clock.setWall(clock.anchor().wall + .milliseconds(9), quality: .synchronized)
            watch.alarm.ring()
        }
        await watch.wakes { watch.alarm.ring() }
        #expect(await watch.end().map(\.reason) == [.synchronized])
    }

    @Test func twoSourcesAtWarAreToldOnceAMinute() async {
        clock.setWall(.earliestCredible, quality: .synchronized)
        let watch = await Watch(clock)
        for second in 0..<600 {
            await watch.wakes {
                clock.advance(by: .seconds(1))
                let step: Duration = second % 2 == 0 ? .seconds(3) : .seconds(-3)
                clock.setWall(clock.anchor().wall + step, quality: .synchronized)
                watch.alarm.ring()
            }
        }
        let steps = await watch.end().filter { $0.reason == .stepped }
        #expect((9...10).contains(steps.count))
    }

    @Test func aStepThatIsHeldBackIsToldInTheEnd() async {
        clock.setWall(.earliestCredible, quality: .synchronized)
        let watch = await Watch(clock)
        for step in [Duration.seconds(5), .seconds(7)] {
            await watch.wakes {
                clock.setWall(clock.anchor().wall + step, quality: .synchronized)
                watch.alarm.ring()
            }
        }
        #expect(await nextLook(watch) == .seconds(60))
        let news = await watch.end()
        #expect(news.map(\.step) == [.zero, .seconds(5), .seconds(7)])
    }
}

@Suite struct SystemClockAlarmTests {
    /// What a gateway does: an actor on the alarm's executor iterates the watch.
    private actor Keeper {
        nonisolated let executor = ThreadExecutor(name: "clock")
        nonisolated var unownedExecutor: UnownedSerialExecutor {
            executor.asUnownedSerialExecutor()
        }

        func wait(_ duration: Duration) async throws -> (rang: Bool, late: Duration) {
            let alarm = try SystemClockAlarm(executor: executor)
            let deadline = executor.now + duration
            let rang = await alarm.wait(until: deadline)
            executor.checkIsolated()
            return (rang, executor.now - deadline)
        }

        func watch(_ rhythm: ClockWatcher.Rhythm, count: Int) async throws -> [ClockNews] {
            let alarm = try SystemClockAlarm(executor: executor)
            var all: [ClockNews] = []
            for await news in ClockWatcher(clock: SystemClock(), alarm: alarm, rhythm: rhythm) {
                executor.checkIsolated()
                all.append(news)
                if all.count == count { break }
            }
            return all
        }
    }

    @Test func doesNotRingWhileNobodySetsTheClock() async throws {
        for milliseconds in [0, 1, 50] {
            let (rang, late) = try await Keeper().wait(.milliseconds(milliseconds))
            #expect(!rang && late >= .zero)
        }
    }

    @Test func cancellationEndsTheWaitAndTheWatch() async throws {
        let keeper = Keeper()
        let wait = Task { try await keeper.wait(.seconds(3600)) }
        let watch = Task { try await keeper.watch(ClockWatcher.Rhythm(), count: .max) }
        wait.cancel()
        watch.cancel()
        #expect(try await !wait.value.rang)
        #expect(try await watch.value.count <= 1)
    }

    @Test func theMachinesClockIsToldRegularlyWithoutSteps() async throws {
        var rhythm = ClockWatcher.Rhythm()
        rhythm.regular = .milliseconds(5)
        let news = try await Keeper().watch(rhythm, count: 10)
        #expect(news.count == 10)
        #expect(news.dropFirst().allSatisfy { $0.reason == .regular && $0.step == .zero })
        #expect(zip(news, news.dropFirst()).allSatisfy { $0.anchor.instant < $1.anchor.instant })
    }
}

extension WallTime {
    fileprivate static let zero = WallTime(nanosecondsSince1970: 0)
}
