import Platform
import Testing

/// Turns of tasks that come from everywhere.
@Suite struct TurnsTests {
    /// Somebody whose work is done in turns, on a thread of his own.
    private actor Worker {
        private let executor = ThreadExecutor(name: "test-turns")
        nonisolated var unownedExecutor: UnownedSerialExecutor {
            executor.asUnownedSerialExecutor()
        }

        private let turns = Turns()
        private var isBusy = false
        private(set) var done = 0

        /// Works in its turn, with a suspension in the middle; false if two worked at a time.
        func work() async -> Bool {
            guard await turns.take() else { return false }
            defer { turns.pass() }
            guard !isBusy else { return false }
            isBusy = true
            await Task.yield()
            isBusy = false
            done += 1
            return true
        }
    }

    /// Every turn that ends is heard of by the next in line, whenever he has come: with one that is
    /// lost this would never end.
    @Test func noTurnIsLost() async {
        let worker = Worker()
        let (tasks, rounds) = (8, 5000)
        let isOrderly = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<tasks {
                group.addTask {
                    for _ in 0..<rounds {
                        guard await worker.work() else { return false }
                    }
                    return true
                }
            }
            return await group.reduce(true) { $0 && $1 }
        }
        #expect(isOrderly)
        #expect(await worker.done == tasks * rounds)
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
