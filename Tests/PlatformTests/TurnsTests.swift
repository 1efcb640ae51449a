import Platform
import Testing

/// One at a time, and nobody is forgotten.
@Suite struct TurnsTests {
    /// Serves one at a time, on a thread of its own as a bus does.
    private actor Bus {
        private let executor = ThreadExecutor(name: "turns")
        private let turns = Turns()
        private var isBusy = false
        private(set) var served = 0

        nonisolated var unownedExecutor: UnownedSerialExecutor {
            executor.asUnownedSerialExecutor()
        }

        func transfer() async {
            guard await turns.take() else { return }
            #expect(!isBusy)
            isBusy = true
            await Task.yield()
            isBusy = false
            served += 1
            turns.pass()
        }
    }

    /// A turn may end at the very moment when somebody begins to wait for it: two at a time, so
    /// that nobody comes later and wakes who was forgotten.
    @Test(.timeLimit(.minutes(5))) func whoeverWaitsGetsItsTurn() async {
        let bus = Bus()
        for _ in 0..<20_000 {
            async let first: Void = bus.transfer()
            async let second: Void = bus.transfer()
            _ = await (first, second)
        }
        #expect(await bus.served == 40_000)
    }
}
