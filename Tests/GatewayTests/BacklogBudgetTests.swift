import Telemetry
import Testing

@testable import Gateway

/// How many readings of a backlog may go at a time.
@Suite struct BacklogBudgetTests {
    private func instant(_ milliseconds: Int64) -> Instant {
        Instant(nanoseconds: milliseconds * 1_000_000)
    }

    @Test func aLimitDoesNotMakeMessagesSmall() throws {
        var budget = BacklogBudget(readingsPerSecond: 1000, now: instant(0))
        #expect(budget.allowance(now: instant(0), wanted: 2000) == 1000)
        budget.spend(1000)
        #expect(budget.allowance(now: instant(50), wanted: 2000) == 0)
        let due = try #require(budget.due(wanted: 2000))
        #expect(due >= instant(100) && due <= instant(101))
        #expect(budget.allowance(now: instant(101), wanted: 2000) >= 100)
    }

    @Test func whatIsWantedIsEnough() {
        var budget = BacklogBudget(readingsPerSecond: 1000, now: instant(0))
        budget.spend(1000)
        #expect(budget.allowance(now: instant(5), wanted: 10) == 0)
        #expect(budget.allowance(now: instant(11), wanted: 10) >= 10)
    }

    @Test func aSecondsWorthIsSavedUp() {
        var budget = BacklogBudget(readingsPerSecond: 3, now: instant(0))
        budget.spend(3)
        #expect(budget.allowance(now: instant(400), wanted: 2000) == 1)
        #expect(budget.allowance(now: instant(60_000), wanted: 2000) == 3)
    }

    @Test func withoutALimitAllMayGo() {
        var budget = BacklogBudget(readingsPerSecond: nil, now: instant(0))
        #expect(budget.allowance(now: instant(0), wanted: 5) == .max)
        #expect(budget.due(wanted: 5) == nil)
    }
}
