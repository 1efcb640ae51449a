import Telemetry
import Testing

@testable import Gateway

@Suite struct LogLimitTests {
    private let limit = LogLimit()
    private let start = Instant(nanoseconds: 1_000_000_000)

    /// Says it so many times, and counts what passes.
    private func say(_ kind: String, _ count: Int, at instant: Instant) -> Int {
        (0..<count).filter { limit.admit(kind, text: "\(kind) \($0)", at: instant).passes }.count
    }

    @Test func aKindPassesSoManyTimesAWindowAndTheRestIsCounted() {
        #expect(say("a", 25, at: start) == LogLimit.messageLimit)
        #expect(say("b", 1, at: start) == 1)
        let later = start + LogLimit.window
        let next = limit.admit("a", text: "a", at: later)
        #expect(next.passes)
        #expect(next.left == [LogLimit.Held(text: "a 10", count: 15)])
        #expect(
            next.left.first?.sentence
                == "15 more messages like this within 60 s were left out: a 10")
        #expect(limit.finish() == [])
    }

    @Test func whatWasLeftOutIsToldWithAnyNewKindToo() {
        _ = say("a", 12, at: start)
        let other = limit.admit("b", text: "b", at: start + LogLimit.window)
        #expect(other.left == [LogLimit.Held(text: "a 10", count: 2)])
    }

    @Test func whatWasLeftOutIsToldAtTheEnd() {
        _ = say("a", 11, at: start)
        #expect(limit.finish() == [LogLimit.Held(text: "a 10", count: 1)])
        #expect(limit.finish() == [])
    }

    @Test func moreKindsThanTheTableHasShareOneCount() {
        let passed = (0..<1000).reduce(0) { $0 + say("kind-\($1)", 1, at: start) }
        #expect(passed == LogLimit.kindLimit + LogLimit.messageLimit)
        let held = limit.finish().reduce(0) { $0 + $1.count }
        #expect(passed + held == 1000)
    }

    @Test func nothingIsLostFromTheCountOverManyWindows() {
        var (passed, left) = (0, 0)
        for step in 0..<10_000 {
            let verdict = limit.admit(
                "kind-\(step % 300)", text: "", at: start + .milliseconds(step * 50))
            passed += verdict.passes ? 1 : 0
            left += verdict.left.reduce(0) { $0 + $1.count }
        }
        left += limit.finish().reduce(0) { $0 + $1.count }
        #expect(passed + left == 10_000 && left > 0)
    }
}
