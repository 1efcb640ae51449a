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

    /// More than may wait are sent away at once.
    @Test func tooManyAreSentAway() async {
        let turns = Turns()
        #expect(await turns.take())
        let answers = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<Turns.waitingLimit + 10 { group.addTask { await turns.take() } }
            var answers: [Bool] = []
            // Who is sent away is heard first, for the others wait until the turn is passed on.
            for _ in 0..<10 { answers.append(await group.next() ?? true) }
            for _ in 0..<Turns.waitingLimit {
                turns.pass()
                answers.append(await group.next() ?? false)
            }
            return answers
        }
        #expect(answers == Array(repeating: false, count: 10) + Array(repeating: true, count: 64))
    }
}
